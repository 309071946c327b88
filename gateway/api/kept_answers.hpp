#pragma once

#include "gateway/http/contract.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/permission.hpp"
#include "runtime/error.hpp"
#include "runtime/security/digest.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace machine::gateway {

class scope;

/// Bound on an `Idempotency-Key`, in bytes.
constexpr size_t max_key_bytes = 255;

/// Answers that are kept for one tenant at one time.
constexpr size_t max_kept_answers = 100'000;

/// What a route makes of an `Idempotency-Key`.
struct key_rule {
  enum class use : uint8_t {
    /// It is ignored, because the route changes nothing that counts.
    none,
    /// It is refused, because the route answers with a stream.
    refused,
    /// What comes with it is done once.
    once,
  };

  use what = use::none;
  requests::repetition again = requests::repetition::counts;
  requests::secrecy hidden = requests::secrecy::open;
};

key_rule key_rule_of(std::string_view method, const permission& who,
                     const contract& what);

/// The id of the kept answer for what *who* sends with *key*: no two principals
/// have the same.
std::string kept_answer_id(const principal& who, std::string_view key);

/// What makes one request another than the next: its method, its target, its
/// `If-Match`, its body, and the rights of who sends it: nobody gets an answer
/// again that they could not have asked for. With more rights it is another
/// request, too.
security::digest fingerprint_of(const http_request& x);

/// Has requests that come with a key done once; see `actors/requests`. Any
/// thread may call.
class kept_answers {
public:
  using handler = std::function<void(const scope&, const http_request&,
                                     const responder_ptr&)>;

  /// One for each life of a machine.
  /// @param most Answers that are kept for one tenant.
  explicit kept_answers(size_t most = max_kept_answers);

  kept_answers(const kept_answers&) = delete;
  kept_answers& operator=(const kept_answers&) = delete;

  /// Has *handle* answer *request*, or answers as it did before.
  void answer(const scope& in, const http_request& request,
              const responder_ptr& reply, const key_rule& rule,
              const handler& handle);

  /// One more is kept for *tenant*.
  void count(const std::string& tenant);

  /// Names the life of this machine: in no other it is the same.
  const std::string& life() const {
    return life_;
  }

private:
  /// How many answers a tenant has, as far as is known: what was there when
  /// they were counted, and what came since.
  struct tally {
    size_t count = 0;
    std::chrono::steady_clock::time_point counted_at;
  };

  /// Whether the answers of *tenant* have to be counted before it is known
  /// that there is room for another.
  bool has_to_count(const std::string& tenant);

  /// Blocks.
  caf::error count_all(const scope& in);

  /// `rate_limited` if the tenant has as many as it may, without *id*.
  caf::error check_room(const scope& in, const std::string& id);

  const size_t most_;
  const std::string life_;
  std::mutex mutex_;
  std::map<std::string, tally> tallies_;
};

} // namespace machine::gateway

#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/identity/principal.hpp"
#include "gateway/identity/rate_rules.hpp"
#include "runtime/security/limiter.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace machine::gateway {

/// Header fields of an answer.
using header_list = std::vector<std::pair<std::string, std::string>>;

/// Whether somebody may go on.
struct rate_verdict {
  /// Why not.
  std::optional<http_answer> refusal;
  /// What the answer says of the limit that is nearest to its end
  /// (draft-ietf-httpapi-ratelimit-headers).
  header_list headers;
};

/// Slows down whoever asks too often: by address before it is known who they
/// are, then by key, principal and tenant. Each has a bucket of tokens; one
/// request takes one from each, and what was taken before one of them refuses
/// is gone. Any thread may call: the buckets lie in shards, and a lock is held
/// for a few hundred nanoseconds.
///
/// The limits are of this node alone.
class rate_gate {
public:
  explicit rate_gate(const rate_rules& rules);

  /// Of a request from *address*. *now* should be of a clock that does not go
  /// back.
  rate_verdict enter(const std::string& address, timestamp now);

  /// Of the same request, once it is known that it is of *who*.
  rate_verdict enter(const principal& who, timestamp now);

  /// Nobody knows who asked from *address*, or they did not say the right
  /// password.
  void note_failure(const std::string& address, timestamp now);

private:
  struct kind {
    /// As it is told to clients.
    const char* name;
    const char* whose;
    std::unique_ptr<security::limiter> buckets;
  };

  static kind make_kind(const char* name, const char* whose,
                        const std::optional<security::rate_limit>& limit,
                        size_t max_keys);

  /// The limit that is nearest to its end; without a name: none.
  struct nearest_limit {
    const char* name = nullptr;
    security::quota left;
  };

  /// False if *to* says why not.
  static bool take(const kind& from, const std::string& key, timestamp now,
                   nearest_limit& nearest, rate_verdict& to);

  uint32_t failure_cost_;
  kind address_;
  kind key_;
  kind principal_;
  kind tenant_;
};

} // namespace machine::gateway

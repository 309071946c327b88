#pragma once

#include "actors/tenants/token_issuer.hpp"
#include "runtime/clock.hpp"
#include "runtime/net/client.hpp"
#include "runtime/security/jwk_set.hpp"
#include "runtime/security/jwks_refresh.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace machine::gateway {

/// What the keys of issuers are fetched with.
struct issuer_keys_options {
  /// Somebody else has it, too, and for longer: it cannot end itself.
  std::shared_ptr<net::client> http;
  /// Where keys may be fetched from.
  net::address_policy addresses = net::address_policy::public_only;
  /// Runs a job where it may block.
  std::function<caf::error(std::function<void()>)> post;
  std::function<timestamp()> clock = wall_clock;
  /// Hears why keys could not be had, for the log.
  std::function<void(const std::string&)> told;
};

/// Has the public keys of issuers, and fetches them as `jwks_refresh.hpp` says:
/// one fetch at a time for each issuer, on the thread of the HTTP client; keys
/// are read in the pool. Any thread may call.
class issuer_keys : public std::enable_shared_from_this<issuer_keys> {
public:
  using key_set = std::shared_ptr<const security::jwk_set>;

  /// Gets keys to verify a token with; or `unavailable`.
  using done = std::function<void(caf::expected<key_set>)>;

  /// Whether the keys at hand have the one that a token names.
  using finder = std::function<security::key_lookup(const security::jwk_set&)>;

  /// Bounds on issuers whose keys are kept, and on tokens that wait for those
  /// of one.
  static constexpr size_t max_issuers = 1'000;
  static constexpr size_t max_waiting = 200;

  explicit issuer_keys(issuer_keys_options options)
      : options_(std::move(options)) {}

  issuer_keys(const issuer_keys&) = delete;
  issuer_keys& operator=(const issuer_keys&) = delete;

  /// Calls *then* once, now or later, on any thread, with the keys of the
  /// issuer *x* of *tenant*.
  void get(const std::string& tenant, const tenants::token_issuer& x,
           const finder& find, done then);

  /// How many fetches were begun.
  size_t fetches() const;

private:
  /// What is known of one issuer.
  struct shelf {
    security::jwks_state state;
    key_set keys;
    std::vector<done> waiting;
    /// The fetch whose answer counts.
    size_t fetch = 0;
    size_t used = 0;
  };

  /// The keys that stand in *x* itself.
  caf::expected<key_set> fixed_keys(const std::string& name,
                                    const tenants::token_issuer& x);

  /// The shelf *name*; null if all are in use. To be called with the lock.
  shelf* find_shelf(const std::string& name);

  void begin(const std::string& name, const std::string& url, size_t number);

  /// The answer is there: reads it, and tells who waits.
  void take(const std::string& name, size_t number, const caf::error& problem,
            const net::response& answer);

  void settle(const std::string& name, size_t number,
              caf::expected<key_set> keys, std::optional<duration> max_age);

  const issuer_keys_options options_;
  mutable std::mutex mutex_;
  std::map<std::string, shelf> shelves_;
  /// By issuer: what was read, and what came of it.
  std::map<std::string, std::pair<std::string, key_set>> fixed_;
  size_t fetches_ = 0;
  size_t clock_hand_ = 0;
};

/// What `Cache-Control` (RFC 9111, section 5.2.2) says about the age; none if
/// nothing. `no-store` and `no-cache` are an age of nothing.
std::optional<duration> max_age_of(std::string_view cache_control);

} // namespace machine::gateway

#pragma once

#include "gateway/identity/hash_queue.hpp"
#include "gateway/identity/key_ring.hpp"
#include "runtime/security/password.hpp"
#include "runtime/security/sign_in_guard.hpp"

#include <atomic>

namespace machine::gateway {

/// How passwords are looked at.
struct password_rules {
  security::password_limits hash;
  /// Hashes at one time; each takes the memory that `hash` says.
  size_t at_once = 2;
  /// Sign-ins that wait for their turn; more are turned away.
  size_t most_waiting = 64;
  security::sign_in_rule slow;
  /// Accounts and addresses of which failures are remembered, of each.
  size_t most_remembered = 50'000;
  /// From signing in until it has to be done again, whatever happens; at most
  /// `tenants::max_session_life`.
  duration session_life = std::chrono::hours{24 * 7};
};

/// Who has said the right password.
struct password_match {
  std::string principal;
  /// When that password was set.
  timestamp set_at{};
};

/// Checks and hashes passwords. Any thread may call.
///
/// Nobody learns from an answer, or from the time that it takes, whether a
/// tenant or a principal exists, has a password, or may come in: all of that is
/// the same as a wrong password, and costs the same one hash.
class password_desk {
public:
  explicit password_desk(std::shared_ptr<key_ring> keys,
                         const password_rules& rules = {});

  password_desk(const password_desk&) = delete;
  password_desk& operator=(const password_desk&) = delete;

  /// Begins to guess at the password of *principal* of *tenant* from *address*;
  /// see `security::sign_in_guard`. None: go on; else when to come back.
  std::optional<timestamp> begin(const std::string& tenant,
                                 const std::string& principal,
                                 const std::string& address, timestamp now);

  /// What was begun came to a good end.
  void succeed(const std::string& tenant, const std::string& principal,
               const std::string& address, timestamp now);

  /// What was begun came to no end.
  void withdraw(const std::string& tenant, const std::string& principal,
                const std::string& address, timestamp now);

  /// Calls *what* when its turn comes; it may call `check` and `hash` then.
  void enter(hash_queue::runner how, hash_queue::job what) {
    queue_->run(std::move(how), std::move(what));
  }

  /// Whether *password* is that of *principal*, who may come in:
  /// `unauthenticated`, in the same words whatever is wrong; `overloaded` if
  /// there was no memory to tell. Blocks for one hash.
  caf::expected<password_match> check(const std::string& tenant,
                                      const std::string& principal,
                                      std::string_view password);

  /// The hash of a new password, which may be one. Blocks for one hash.
  caf::expected<std::string> hash(std::string_view password);

  const password_rules& rules() const {
    return rules_;
  }

  /// How many hashes were made.
  uint64_t hashes() const {
    return hashes_;
  }

private:
  const password_rules rules_;
  std::shared_ptr<key_ring> keys_;
  std::shared_ptr<hash_queue> queue_;
  security::sign_in_guard guard_;
  std::atomic<uint64_t> hashes_{0};
};

/// What everybody hears for whom a password opens nothing.
caf::error wrong_password();

} // namespace machine::gateway

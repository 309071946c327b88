#pragma once

#include "actors/tenants/state.hpp"
#include "gateway/http/exchange.hpp"
#include "runtime/error.hpp"
#include "runtime/security/fingerprint.hpp"
#include "runtime/store/store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace machine::gateway {

/// Who comes with a key.
struct key_holder {
  principal_ptr who;
  /// When the key was last used, as far as its tenant knows.
  std::optional<timestamp> last_used_at;
};

/// Finds out who comes with a key. It keeps the state of tenants that were
/// asked for, and tokens that were recognised, as fingerprints; and it makes
/// sure each time that the tenant has not changed: a key that was revoked opens
/// nothing from the moment on that this was committed. Any thread may call.
class key_ring {
public:
  explicit key_ring(std::shared_ptr<store::engine> engine)
      : engine_(std::move(engine)) {}

  key_ring(const key_ring&) = delete;
  key_ring& operator=(const key_ring&) = delete;

  /// Who comes with *token*: `unauthenticated`, in the same words for every
  /// reason, if nobody does. The reason is for the log, and is given to *told*.
  caf::expected<key_holder>
  recognise(std::string_view token, timestamp now,
            const std::function<void(std::string)>& told = {});

  /// *who* as they are now, if they came with a key; `unauthenticated` if that
  /// opens nothing any more. Of whoever came otherwise nothing else is known.
  caf::expected<principal_ptr> look_again(const principal_ptr& who,
                                          timestamp now);

  /// The state of *tenant*; null if there is none. Reads its log if it has
  /// changed, which blocks.
  caf::expected<std::shared_ptr<const tenants::tenant_state>>
  find(const std::string& tenant);

private:
  struct page {
    uint64_t last_seq = 0;
    /// At which the tenant is so, if that is known.
    std::optional<uint64_t> version;
    std::shared_ptr<const tenants::tenant_state> state;
  };

  /// Who was recognised, and as of which event of their tenant.
  struct acquaintance {
    principal_ptr who;
    uint64_t last_seq = 0;
  };

  caf::expected<page> find_page(const std::string& tenant);
  caf::expected<page> read(const std::string& tenant, const page& old);
  std::optional<key_holder> find_acquaintance(const security::fingerprint& of,
                                              timestamp now);
  void remember(const security::fingerprint& of, acquaintance who);

  std::shared_ptr<store::engine> engine_;
  const security::fingerprinter fingerprints_;
  std::mutex mutex_;
  std::map<std::string, page, std::less<>> pages_;
  std::unordered_map<security::fingerprint, acquaintance,
                     security::fingerprint_hash>
    acquaintances_;
};

} // namespace machine::gateway

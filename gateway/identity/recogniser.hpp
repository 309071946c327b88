#pragma once

#include "gateway/identity/issuer_keys.hpp"
#include "gateway/identity/key_ring.hpp"

namespace machine::gateway {

/// Finds out who comes with a bearer, of whatever kind it is: a key, a session,
/// or the token of an issuer outside. Any thread may call.
///
/// A key says itself of which tenant it is. A token of an issuer does not: it
/// is held against the issuers of the tenant that the request names, or of
/// `local_tenant` if it names none. What lets it in is what that tenant has
/// said about its issuer and audience; so a tenant takes an audience that
/// nobody else has.
class recogniser : public std::enable_shared_from_this<recogniser> {
public:
  using done = std::function<void(caf::expected<principal_ptr>)>;

  /// Hears that a key has opened something, and that this was not known: its
  /// tenant and its id.
  using key_used = std::function<void(const std::string&, const std::string&)>;

  /// *outside* may be null: then nobody outside is believed.
  recogniser(std::shared_ptr<key_ring> keys,
             std::shared_ptr<issuer_keys> outside, key_used used,
             std::function<void(std::string)> told = {})
      : keys_(std::move(keys)), outside_(std::move(outside)),
        used_(std::move(used)), told_(std::move(told)) {}

  recogniser(const recogniser&) = delete;
  recogniser& operator=(const recogniser&) = delete;

  /// Calls *then* once, now or later, on any thread: who comes with *token* and
  /// names *tenant*, which may be empty. `unauthenticated`, in the same words
  /// for every reason, if nobody does; `denied` if they may not act there;
  /// `unavailable` if it cannot be told now.
  void recognise(const std::string& token, const std::string& tenant,
                 timestamp now, done then);

private:
  caf::expected<principal_ptr> of_key(const std::string& token,
                                      const std::string& tenant, timestamp now);

  void of_token(const std::string& token, const std::string& tenant,
                timestamp now, done then);

  /// Tries the issuers *left*, one after the other.
  void try_issuers(std::string token, std::string tenant, timestamp now,
                   std::vector<tenants::token_issuer> left, done then);

  void note_use(const key_holder& of, timestamp now);

  std::shared_ptr<key_ring> keys_;
  std::shared_ptr<issuer_keys> outside_;
  key_used used_;
  std::function<void(std::string)> told_;
  std::mutex mutex_;
  /// Keys whose use was told of, and when: until the tenant knows it.
  std::map<std::string, timestamp> noted_;
};

} // namespace machine::gateway

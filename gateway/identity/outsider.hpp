#pragma once

#include "actors/tenants/token_issuer.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/security/jwt_claims.hpp"

/// Somebody for whom an issuer outside of the machine vouches. Pure.
namespace machine::gateway {

/// Whether *token* could be one of an issuer, and none of ours, which have no
/// dots.
bool looks_like_jwt(std::string_view token);

/// Which tokens of *x* are taken.
security::jwt_policy policy_of(const tenants::token_issuer& x);

/// The id of *subject*, for whom the issuer *issuer* vouches: `okta:ada`. It is
/// nobody's of the tenant itself, whose ids have no colon. A subject that is no
/// id stands there as `~` and 32 digits of its hash.
std::string outsider_id(const std::string& issuer, const std::string& subject);

/// The highest role that *claims* give by *x*; none: they give none. The claim
/// is a text or a list of texts; one whose name has dots, and which is not
/// there under its whole name, is looked for within others: `realm.roles`.
std::optional<tenants::role> role_of(const tenants::token_issuer& x,
                                     const security::jwt_claims& claims);

/// Who comes to *tenant* with *claims*, which were verified. `denied` if they
/// give no role.
caf::expected<principal_ptr> outsider_of(const std::string& tenant,
                                         const tenants::token_issuer& x,
                                         const security::jwt_claims& claims);

} // namespace machine::gateway

#pragma once

#include "actors/tenants/state.hpp"
#include "gateway/http/permission.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/error.hpp"

namespace machine::gateway {

/// Why *who* may not use a route that wants *what*: `denied`, with the role
/// that is missing. *project* is the one that the request is about, if *what*
/// says that it is about one.
caf::error authorize(const permission& what, const principal& who,
                     const std::string& project);

/// Why *who* may not renew or end the key or session *id* of their tenant,
/// which is called *what*: `not_found` if it is none of theirs, `denied` if the
/// key that they come with is not for that (`tenants::may_handle`).
/// Administrators may handle all.
caf::error check_handling(const principal& who,
                          const tenants::tenant_state& now,
                          const std::string& what, const std::string& id);

} // namespace machine::gateway

#pragma once

#include "gateway/http/permission.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/error.hpp"

namespace machine::gateway {

/// Why *who* may not use a route that wants *what*: `denied`, with the role
/// that is missing. *project* is the one that the request is about, if *what*
/// says that it is about one.
caf::error authorize(const permission& what, const principal& who,
                     const std::string& project);

} // namespace machine::gateway

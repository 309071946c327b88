#include "deploy/cli/exit_code.hpp"

namespace machine::cli {

exit_code exit_code_of(const caf::error& x) {
  if (!x)
    return exit_code::ok;
  switch (code_of(x)) {
    case ec::none: return exit_code::ok;
    case ec::invalid_argument:
    // What was given is too large.
    case ec::limit_exceeded: return exit_code::usage;
    case ec::not_found: return exit_code::not_found;
    case ec::denied:
    case ec::unauthenticated:
    case ec::provider_auth: return exit_code::denied;
    case ec::conflict:
    case ec::fenced:
    case ec::locked:
    case ec::changed: return exit_code::conflict;
    case ec::unavailable:
    case ec::overloaded:
    case ec::rate_limited: return exit_code::unavailable;
    case ec::timeout: return exit_code::timeout;
    case ec::cancelled: return exit_code::interrupted;
    default: return exit_code::failed;
  }
}

} // namespace machine::cli

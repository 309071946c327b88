#pragma once

#include "deploy/cli/session.hpp"

/// Commands on the store. A machine that is up has it for itself, and is asked;
/// otherwise they open it.
namespace machine::cli {

exit_code perform(const session& in, const store_verify& what);

exit_code perform(const session& in, const store_backup& what);

} // namespace machine::cli

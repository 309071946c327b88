#pragma once

#include "deploy/cli/secret_options.hpp"
#include "deploy/cli/session.hpp"

/// What the commands about the vault do. A value goes to the machine, and to
/// nowhere else.
namespace machine::cli {

exit_code perform(const session& in, const secret_set& what);

exit_code perform(const session& in, const secret_list& what);

exit_code perform(const session& in, const secret_remove& what);

exit_code perform(const session& in, const secret_rotate& what);

} // namespace machine::cli

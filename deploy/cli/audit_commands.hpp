#pragma once

#include "deploy/cli/audit_options.hpp"
#include "deploy/cli/session.hpp"

/// What the commands about the audit log do. Without a machine that is up, the
/// last two read the store of the data directory.
namespace machine::cli {

exit_code perform(const session& in, const audit_list& what);

exit_code perform(const session& in, const audit_export& what);

exit_code perform(const session& in, const audit_verify& what);

} // namespace machine::cli

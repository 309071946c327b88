#pragma once

#include "deploy/cli/access_options.hpp"
#include "deploy/cli/session.hpp"

/// What the commands about tenants, principals and keys do. A secret goes to
/// the standard output, once, and to nowhere else.
namespace machine::cli {

exit_code perform(const session& in, const tenant_create& what);

exit_code perform(const session& in, const tenant_list& what);

exit_code perform(const session& in, const tenant_show& what);

exit_code perform(const session& in, const tenant_suspend& what);

exit_code perform(const session& in, const tenant_resume& what);

exit_code perform(const session& in, const principal_create& what);

exit_code perform(const session& in, const principal_list& what);

exit_code perform(const session& in, const principal_show& what);

exit_code perform(const session& in, const principal_role& what);

exit_code perform(const session& in, const principal_disable& what);

exit_code perform(const session& in, const principal_enable& what);

exit_code perform(const session& in, const principal_remove& what);

exit_code perform(const session& in, const principal_password& what);

exit_code perform(const session& in, const key_create& what);

exit_code perform(const session& in, const key_list& what);

exit_code perform(const session& in, const key_rotate& what);

exit_code perform(const session& in, const key_revoke& what);

} // namespace machine::cli

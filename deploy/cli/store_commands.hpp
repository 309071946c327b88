#pragma once

#include "deploy/cli/session.hpp"
#include "runtime/store/store.hpp"

#include <memory>

/// Commands on the store. A machine that is up has it for itself, and is asked;
/// otherwise they open it.
namespace machine::cli {

exit_code perform(const session& in, const store_verify& what);

exit_code perform(const session& in, const store_backup& what);

exit_code perform(const session& in, const workflow_check_upgrade& what);

/// The store in *directory*, if there is one and nobody has it.
caf::expected<std::shared_ptr<store::engine>>
open_store(const std::string& directory);

/// @param grace If the command names none, and no machine is up that has its
///              own.
exit_code collect_store(const session& in, const store_collect& what,
                        duration grace);

} // namespace machine::cli

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

} // namespace machine::cli

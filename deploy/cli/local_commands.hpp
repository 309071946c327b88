#pragma once

#include "deploy/cli/session.hpp"
#include "runtime/config/config.hpp"

/// Commands that need no machine.
namespace machine::cli {

exit_code perform(const session& in, const workflow_check& what);

exit_code perform(const session& in, const workflow_show& what);

exit_code perform(const session& in, const workflow_graph& what);

exit_code perform(const session& in, const sandbox_check& what);

/// @param usual The file of `models.catalogue`; empty: none.
exit_code import_models(const session& in, const model_import& what,
                        const std::string& usual);

exit_code show_config(const session& in, const config_show& what,
                      const config::config& settings);

} // namespace machine::cli

#pragma once

#include "deploy/cli/cost_options.hpp"
#include "deploy/cli/session.hpp"

/// What the commands about costs do.
namespace machine::cli {

exit_code perform(const session& in, const cost_budget_list& what);

exit_code perform(const session& in, const cost_budget_show& what);

exit_code perform(const session& in, const cost_budget_set& what);

exit_code perform(const session& in, const cost_budget_remove& what);

exit_code perform(const session& in, const cost_report& what);

exit_code perform(const session& in, const cost_top& what);

exit_code perform(const session& in, const cost_forecast& what);

} // namespace machine::cli

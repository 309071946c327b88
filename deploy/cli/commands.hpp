#pragma once

#include "deploy/cli/options.hpp"
#include "deploy/cli/session.hpp"

/// What the commands do that only talk to a machine that is up. Each finds it
/// by itself.
namespace machine::cli {

exit_code perform(const session& in, const down_command& what);

exit_code perform(const session& in, const run_list& what);

exit_code perform(const session& in, const run_show& what);

exit_code perform(const session& in, const run_events& what);

exit_code perform(const session& in, const run_cancel& what);

exit_code perform(const session& in, const run_fork& what);

exit_code perform(const session& in, const run_retry& what);

exit_code perform(const session& in, const run_rerun& what);

exit_code perform(const session& in, const run_pause& what);

exit_code perform(const session& in, const run_resume& what);

exit_code perform(const session& in, const run_signal& what);

exit_code perform(const session& in, const run_archive& what);

exit_code perform(const session& in, const run_unarchive& what);

exit_code perform(const session& in, const run_delete& what);

exit_code perform(const session& in, const run_answer& what);

exit_code perform(const session& in, const run_diff& what);

exit_code perform(const session& in, const task_add& what);

exit_code perform(const session& in, const task_list& what);

exit_code perform(const session& in, const task_show& what);

exit_code perform(const session& in, const task_edit& what);

exit_code perform(const session& in, const task_comment& what);

exit_code perform(const session& in, const project_add& what);

exit_code perform(const session& in, const project_set& what);

exit_code perform(const session& in, const project_list& what);

exit_code perform(const session& in, const project_show& what);

exit_code perform(const session& in, const project_ledger& what);

exit_code perform(const session& in, const schedule_add& what);

exit_code perform(const session& in, const schedule_list& what);

exit_code perform(const session& in, const schedule_show& what);

exit_code perform(const session& in, const schedule_edit& what);

exit_code perform(const session& in, const schedule_pause& what);

exit_code perform(const session& in, const schedule_resume& what);

exit_code perform(const session& in, const schedule_delete& what);

exit_code perform(const session& in, const schedule_trigger& what);

exit_code perform(const session& in, const workflow_publish& what);

exit_code perform(const session& in, const workflow_list& what);

exit_code perform(const session& in, const workflow_versions& what);

exit_code perform(const session& in, const workflow_text& what);

exit_code perform(const session& in, const workflow_withdraw& what);

exit_code perform(const session& in, const model_list& what);

exit_code perform(const session& in, const model_show& what);

exit_code perform(const session& in, const decision_list& what);

exit_code perform(const session& in, const decision_explain& what);

exit_code perform(const session& in, const decision_replay& what);

exit_code perform(const session& in, const api_request& what);

exit_code perform(const session& in, const api_list& what);

exit_code perform(const session& in, const mcp_command& what);

} // namespace machine::cli

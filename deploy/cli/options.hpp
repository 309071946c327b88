#pragma once

#include "deploy/cli/access_options.hpp"
#include "deploy/cli/audit_options.hpp"
#include "deploy/cli/cost_options.hpp"
#include "deploy/cli/decision_options.hpp"
#include "deploy/cli/secret_options.hpp"
#include "runtime/types.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The command line: what was asked for, not yet done.
namespace machine::cli {

/// `up`: a machine in the foreground.
struct up_command {};

/// `down`: stops the machine that is up.
struct down_command {};

/// `run "what"`: a new run, followed to its end.
struct run_start {
  /// What is wanted.
  std::string what;
  /// The repository; none: the one around the current directory.
  std::optional<std::string> repository;
  /// A file, or the name of a built-in workflow; none: `feature`.
  std::optional<std::string> workflow;
  std::optional<micro_usd> budget;
  std::optional<std::string> model;
  /// Values as JSON, by name.
  std::map<std::string, json_text> inputs;
  std::optional<std::string> project;
  std::optional<std::string> task;
  std::optional<uint32_t> priority;
  std::vector<std::string> tags;
  bool detach = false;
};

struct run_list {
  std::optional<std::string> state;
  std::optional<std::string> project;
  /// `true` or `all`; none: what is not archived.
  std::optional<std::string> archived;
  uint32_t limit = 50;
};

struct run_show {
  std::string id;
};

struct run_events {
  std::string id;
  uint64_t after = 0;
  bool follow = false;
};

struct run_cancel {
  std::string id;
  std::string reason;
  /// Leave what was done as it is.
  bool no_undo = false;
};

struct run_fork {
  std::string id;
  /// The last event that both have.
  uint64_t at = 0;
  std::optional<micro_usd> budget;
};

struct run_retry {
  std::string id;
  std::optional<micro_usd> budget;
};

struct run_rerun {
  std::string id;
  /// The inputs that are others, with their values.
  std::map<std::string, json_text> inputs;
  std::optional<micro_usd> budget;
};

struct run_pause {
  std::string id;
  std::string reason;
};

struct run_resume {
  std::string id;
};

struct run_signal {
  std::string id;
  std::string name;
  json_text payload;
  /// The sender's own word for it, so that it may be sent again.
  std::optional<std::string> key;
};

struct run_answer {
  std::string id;
  /// None: the only open one.
  std::optional<std::string> interrupt;
  json_text answer;
};

struct run_diff {
  std::string id;
};

struct run_archive {
  std::string id;
};

struct run_unarchive {
  std::string id;
};

struct run_delete {
  std::string id;
};

struct task_add {
  std::string project = "default";
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> parent;
  std::vector<std::string> labels;
  std::vector<std::string> depends_on;
  std::optional<uint32_t> priority;
};

struct task_list {
  std::string project = "default";
  std::optional<std::string> state;
  std::optional<std::string> label;
  uint32_t limit = 50;
};

struct task_show {
  std::string project = "default";
  std::string id;
};

struct task_edit {
  std::string project = "default";
  std::string id;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> state;
  std::optional<uint32_t> priority;
  std::vector<std::string> add_labels;
  std::vector<std::string> remove_labels;
  std::vector<std::string> add_depends;
  std::vector<std::string> remove_depends;
};

struct task_comment {
  std::string project = "default";
  std::string id;
  std::string text;
};

struct project_add {
  std::string id;
  std::optional<std::string> name;
  std::optional<micro_usd> budget;
  std::optional<uint32_t> max_runs;
};

/// `project set ID`: what is not named stays.
struct project_set {
  std::string id;
  std::optional<micro_usd> budget;
  bool no_budget = false;
  std::optional<uint32_t> max_runs;
  bool no_max_runs = false;
};

struct project_list {
  uint32_t limit = 50;
};

struct project_show {
  std::string id;
};

struct project_ledger {
  std::string id;
  uint32_t limit = 50;
};

/// When something is to happen again and again; what is missing is as usual.
struct schedule_times {
  std::optional<std::string> cron;
  std::optional<std::string> zone;
  std::optional<std::string> overlap;
  /// In milliseconds.
  std::optional<duration> catch_up_window;
  std::optional<uint32_t> catch_up;
  std::optional<timestamp> starts_at;
  std::optional<timestamp> ends_at;
};

/// `schedule add NAME "what"`
struct schedule_add {
  std::string name;
  schedule_times times;
  /// What each firing begins, and in which project.
  run_start run;
};

struct schedule_list {
  std::string project = "default";
  uint32_t limit = 50;
};

struct schedule_show {
  std::string project = "default";
  std::string name;
};

/// What is not named stays.
struct schedule_edit {
  std::string project = "default";
  std::string name;
  schedule_times times;
  bool no_start = false;
  bool no_end = false;
  std::optional<std::string> title;
  std::optional<std::string> workflow;
  std::optional<micro_usd> budget;
  std::optional<std::string> model;
  std::optional<uint32_t> priority;
  std::map<std::string, json_text> inputs;
};

struct schedule_pause {
  std::string project = "default";
  std::string name;
  std::string reason;
};

struct schedule_resume {
  std::string project = "default";
  std::string name;
};

struct schedule_delete {
  std::string project = "default";
  std::string name;
};

struct schedule_trigger {
  std::string project = "default";
  std::string name;
};

struct model_list {};

struct model_show {
  std::string id;
};

/// `model import FILE`: takes prices from LiteLLM's list.
struct model_import {
  /// `-`: the standard input.
  std::string file;
  /// None: all that the catalogue has.
  std::vector<std::string> providers;
  /// A glob for names of the list; none: all.
  std::optional<std::string> only;
  /// A catalogue's file, or `-` for the standard output; none: the file of
  /// `models.catalogue`, or the standard output if there is none.
  std::optional<std::string> into;
  /// Write nothing but what would be written.
  bool dry_run = false;
};

/// `api METHOD PATH`: any route of the machine.
struct api_request {
  std::string method;
  std::string path;
  /// As it is written: the body, `@FILE`, or `-` for the standard input.
  std::optional<std::string> data;
  /// `Name: value`
  std::vector<std::string> headers;
  /// Also say the status and the headers of the answer.
  bool include = false;
};

/// `api`: which routes there are.
struct api_list {};

/// `mcp`: the machine for a program that speaks MCP on our standard streams.
struct mcp_command {};

/// `workflow check FILE`: finds what is wrong without running anything.
struct workflow_check {
  std::string file;
};

struct workflow_show {
  std::string file;
};

enum class graph_format : uint8_t { mermaid, dot };

struct workflow_graph {
  std::string file;
  graph_format format = graph_format::mermaid;
};

/// `workflow publish FILE`: a new version for all of a project.
struct workflow_publish {
  std::string file;
  std::string project = "default";
  std::optional<std::string> note;
};

struct workflow_list {
  std::string project = "default";
  uint32_t limit = 50;
};

struct workflow_versions {
  std::string name;
  std::string project = "default";
};

struct workflow_text {
  std::string name;
  /// None: the newest.
  std::optional<uint32_t> version;
  std::string project = "default";
};

struct workflow_withdraw {
  std::string name;
  std::string project = "default";
};

/// `workflow check-upgrade [RUN...]`: whether this program goes on with what is
/// stored as the one before would.
struct workflow_check_upgrade {
  /// None: all that have not ended.
  std::vector<std::string> runs;
  /// Also those that have ended.
  bool ended = false;
  /// A copy that `store backup` made; none: what the machine has.
  std::optional<std::string> store;
};

struct config_show {
  bool origin = false;
};

struct config_check {
  /// None: the file that would be used.
  std::optional<std::string> file;
};

struct config_example {};

struct sandbox_check {};

struct store_verify {};

struct store_backup {
  std::string to;
};

/// `store collect`: deletes content that nobody refers to.
struct store_collect {
  /// None: `retention.blob_grace`.
  std::optional<duration> grace;
};

using command = std::variant<
  up_command, down_command, run_start, run_list, run_show, run_events,
  run_cancel, run_fork, run_retry, run_rerun, run_pause, run_resume, run_signal,
  run_answer, run_diff, run_archive, run_unarchive, run_delete, task_add,
  task_list, task_show, task_edit, task_comment, project_add, project_set,
  project_list, project_show, project_ledger, schedule_add, schedule_list,
  schedule_show, schedule_edit, schedule_pause, schedule_resume,
  schedule_delete, schedule_trigger, tenant_create, tenant_list, tenant_show,
  tenant_suspend, tenant_resume, principal_create, principal_list,
  principal_show, principal_role, principal_disable, principal_enable,
  principal_remove, principal_password, key_create, key_list, key_rotate,
  key_revoke, secret_set, secret_list, secret_remove, secret_rotate, audit_list,
  audit_export, audit_verify, cost_budget_list, cost_budget_show,
  cost_budget_set, cost_budget_remove, cost_report, cost_top, cost_forecast,
  model_list, model_show, model_import, decision_list, decision_explain,
  decision_replay, api_request, api_list, mcp_command, workflow_check,
  workflow_show, workflow_graph, workflow_publish, workflow_list,
  workflow_versions, workflow_text, workflow_withdraw, workflow_check_upgrade,
  config_show, config_check, config_example, sandbox_check, store_verify,
  store_backup, store_collect>;

/// What every command understands.
struct global_options {
  std::optional<std::string> data_dir;
  std::optional<std::string> config_file;
  std::optional<std::string> url;
  std::optional<std::string> key;
  std::optional<std::string> tenant;
  std::optional<std::string> ca_file;
  /// Configuration by key, as text.
  std::map<std::string, std::string> settings;
  /// Data as JSON.
  bool json = false;
};

struct parsed_options {
  global_options global;
  command what;
};

/// Nothing is to be done but to say this.
struct message_to_user {
  std::string text;
  /// 0: it was asked for, and goes to the standard output; else an error.
  int exit_code = 0;
};

/// Understands a command line, whose first word is the program's name.
std::variant<parsed_options, message_to_user>
parse_options(const std::vector<std::string>& words);

} // namespace machine::cli

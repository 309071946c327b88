#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/error.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace machine::orchestrator {

/// What a workflow may refer to.
struct load_context {
  /// Names of roles; empty: not checked.
  std::set<std::string> roles;
  /// Ids of models; empty: not checked.
  std::set<std::string> models;
  /// The tools of each role; of a role that is not in it: not checked.
  std::map<std::string, std::set<std::string>> tools;
  /// The texts of workflows that others may call by name, beside those that a
  /// file brings along.
  std::map<std::string, std::string> workflows;
  /// The text of another that may be called by *name*; none: there is none.
  /// Asked last. Empty: there are no others.
  std::function<std::optional<std::string>(const std::string& name)> others;
  /// Names of the tools that a step may call; empty: not checked.
  std::set<std::string> step_tools;
};

/// Bounds on a workflow's file.
constexpr size_t max_workflow_bytes = 1u << 20;
constexpr size_t max_workflow_steps = 500;
constexpr size_t max_workflow_depth = 48;

/// Of a workflow with all that it calls.
constexpr size_t max_workflow_expressions = 2'000;
constexpr size_t max_called_workflows = 50;

/// Of a processor, to compile all of its expressions.
constexpr duration max_compile_time{5'000};

/// Bound on blocks in blocks.
constexpr size_t max_block_depth = 8;

/// Bound on how often a step is due in one run: the rounds and items of the
/// blocks around it, multiplied.
constexpr uint64_t max_activations = 10'000;

/// Bound on calls in calls, which a run must keep: calls may be recursive. A
/// run that nobody called has depth 0.
constexpr uint32_t max_call_depth = 8;

/// Reads a workflow from YAML or JSON and checks all of it, with those that it
/// calls: the ones under `workflows` in its file, then `workflows` of the
/// context, then itself, then `others`. The error has a line for each problem,
/// at most 20: `file:line:column: what is wrong and what to do`.
caf::expected<workflow> load_workflow(std::string_view text,
                                      const std::string& file_name,
                                      const load_context& context = {});

/// Reads the file *path*, which is not opened if it is too large.
caf::expected<workflow> load_workflow_file(const std::string& path,
                                           const load_context& context = {});

/// The one spelling of a workflow: JSON with all defaults filled in.
std::string normal_form(const workflow& what);

/// BLAKE2b-256 of the normal form, in hexadecimal digits.
std::string workflow_hash(const workflow& what);

} // namespace machine::orchestrator

#include "deploy/cli/local_commands.hpp"

#include "actors/agents/sandbox/sandbox.hpp"
#include "actors/agents/session/role.hpp"
#include "actors/agents/tools/tools.hpp"
#include "actors/orchestrator/workflow/graph.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "deploy/cli/outline.hpp"
#include "runtime/embedded.hpp"

#include <filesystem>

namespace machine::cli {

namespace {

constexpr const char* built_in = "deploy/workflows/feature.yaml";

/// What a workflow may refer to on this machine; models are the machine's that
/// runs it.
caf::expected<orchestrator::load_context> what_is_known() {
  orchestrator::load_context context;
  auto roles = agents::built_in_roles();
  if (!roles)
    return std::move(roles.error());
  for (auto& [name, role] : *roles) {
    context.roles.insert(name);
    context.tools[name].insert(role.tools.begin(), role.tools.end());
  }
  for (auto& tool : agents::tool_names())
    context.step_tools.insert(tool);
  context.workflows["feature"] = embedded_file(built_in);
  return context;
}

caf::expected<orchestrator::workflow> load(const std::string& file) {
  auto context = what_is_known();
  if (!context)
    return std::move(context.error());
  std::error_code code;
  if (file == "feature" && !std::filesystem::exists(file, code))
    return orchestrator::load_workflow(embedded_file(built_in),
                                       "feature.yaml (built in)", *context);
  return orchestrator::load_workflow_file(file, *context);
}

} // namespace

exit_code perform(const session& in, const workflow_check& what) {
  auto read = load(what.file);
  if (!read)
    return in.complain(read.error());
  if (in.global.json)
    in.print_json(orchestrator::normal_form(*read));
  else
    in.print({{{what.file + " is sound: " + read->name + ", "
                + std::to_string(read->steps.size()) + " steps, hash "
                + orchestrator::workflow_hash(*read)}}});
  return exit_code::ok;
}

exit_code perform(const session& in, const workflow_show& what) {
  auto read = load(what.file);
  if (!read)
    return in.complain(read.error());
  if (in.global.json)
    in.print_json(orchestrator::normal_form(*read));
  else
    in.print(workflow_lines(*read));
  return exit_code::ok;
}

exit_code perform(const session& in, const workflow_graph& what) {
  auto read = load(what.file);
  if (!read)
    return in.complain(read.error());
  in.to.out << (what.format == graph_format::dot
                  ? orchestrator::to_dot(*read)
                  : orchestrator::to_mermaid(*read));
  in.to.out.flush();
  return exit_code::ok;
}

exit_code perform(const session& in, const sandbox_check&) {
  if (auto works = agents::check_sandbox(); !works)
    return in.complain(works.error());
  in.print({{{"The sandbox works: commands of agents see a read-only system, "
              "no network and their own worktree."}}});
  return exit_code::ok;
}

exit_code show_config(const session& in, const config_show& what,
                      const config::config& settings) {
  if (in.global.json) {
    in.print_json(settings.to_json());
    return exit_code::ok;
  }
  std::vector<column> columns{{"key"}, {"value"}};
  if (what.origin)
    columns.push_back({"origin"});
  columns.push_back({"meaning"});
  table shown{std::move(columns)};
  for (auto& [name, setting] : settings.all()) {
    std::vector<std::string> cells{name, setting.shown()};
    if (what.origin)
      cells.push_back(setting.origin);
    cells.push_back(setting.about->doc);
    shown.add(std::move(cells));
  }
  in.print(shown, "there are no settings");
  return exit_code::ok;
}

} // namespace machine::cli

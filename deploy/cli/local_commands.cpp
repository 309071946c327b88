#include "deploy/cli/local_commands.hpp"

#include "actors/agents/sandbox/sandbox.hpp"
#include "actors/agents/session/role.hpp"
#include "actors/agents/tools/tools.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/embedded.hpp"

namespace machine::cli {

exit_code perform(const session& in, const workflow_check& what) {
  orchestrator::load_context context;
  auto roles = agents::built_in_roles();
  if (!roles)
    return in.complain(roles.error());
  for (auto& [name, role] : *roles) {
    context.roles.insert(name);
    context.tools[name].insert(role.tools.begin(), role.tools.end());
  }
  for (auto& tool : agents::tool_names())
    context.step_tools.insert(tool);
  context.workflows["feature"] = embedded_file("deploy/workflows/feature.yaml");
  auto read = orchestrator::load_workflow_file(what.file, context);
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

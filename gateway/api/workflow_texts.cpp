#include "gateway/api/workflow_texts.hpp"

#include "actors/agents/tools/tools.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::gateway {

namespace {

using namespace orchestrator;

/// What is published under a name now; none: nothing is.
std::optional<workflow_summary> find_published(const scope& in,
                                               const std::string& project,
                                               const std::string& name) {
  auto id = workflow_id(project, name);
  if (check_workflow_name(name)
      || gateway::check_name<registered_workflow>(in, id))
    return std::nullopt;
  auto row = in.row<registered_workflow>(id);
  if (!row || row->fields["listed"] != "true")
    return std::nullopt;
  auto result = wire::from_msgpack<workflow_summary>(row->body);
  return result ? std::optional{std::move(*result)} : std::nullopt;
}

caf::error no_workflow(const scope& in, const std::string& project,
                       const std::string& name) {
  std::string list;
  for (auto& [other, ignored] : in.facts().workflows)
    list += (list.empty() ? "" : ", ") + other;
  return make_error(ec::not_found, "project " + project + " has no workflow "
                                     + wire::excerpt(name)
                                     + "; with the machine comes " + list);
}

} // namespace

load_context workflows_for(const scope& in, const std::string& project) {
  load_context known;
  for (auto& [name, role] : in.facts().roles) {
    known.roles.insert(name);
    known.tools[name].insert(role.tools.begin(), role.tools.end());
  }
  auto stock = in.facts().models;
  for (auto& [id, model] : stock->listed.models)
    if (!model.embeddings) {
      known.models.insert(id);
      known.models.insert(model.aliases.begin(), model.aliases.end());
    }
  known.workflows = in.facts().workflows;
  for (auto& tool : agents::tool_names())
    known.step_tools.insert(tool);
  known.others =
    [&in, project](const std::string& name) -> std::optional<std::string> {
    auto now = find_published(in, project, name);
    if (!now)
      return std::nullopt;
    auto version = read_version(in, project, name, now->newest.number);
    return version ? std::optional{std::move(version->text)} : std::nullopt;
  };
  return known;
}

caf::expected<workflow_published> read_version(const scope& in,
                                               const std::string& project,
                                               const std::string& name,
                                               uint32_t version) {
  auto missing = [&] {
    return make_error(ec::not_found, "workflow " + wire::excerpt(name)
                                       + " of project " + project
                                       + " has no version "
                                       + std::to_string(version));
  };
  auto id = workflow_id(project, name);
  if (version == 0 || check_workflow_name(name)
      || gateway::check_name<registered_workflow>(in, id))
    return missing();
  auto events =
    in.read<registered_workflow>(id, version, 1, 2 * max_workflow_bytes);
  if (!events)
    return std::move(events.error());
  if (events->empty())
    return missing();
  auto result = version_in(events->front().payload);
  if (!result)
    return missing();
  return std::move(*result);
}

caf::expected<workflow_text> find_text(const scope& in,
                                       const std::string& project,
                                       const std::string& name,
                                       std::optional<uint32_t> version) {
  auto& built_in = in.facts().workflows;
  if (auto i = built_in.find(name); i != built_in.end()) {
    if (version)
      return make_error(ec::invalid_argument,
                        "workflow " + name
                          + " comes with the machine and has no versions");
    return workflow_text{i->second, name + ".yaml (built in)", std::nullopt};
  }
  if (!version) {
    auto now = find_published(in, project, name);
    if (!now)
      return no_workflow(in, project, name);
    version = now->newest.number;
  }
  auto found = read_version(in, project, name, *version);
  if (!found)
    return std::move(found.error());
  return workflow_text{
    std::move(found->text),
    name + ".yaml (version " + std::to_string(*version) + ")", version};
}

} // namespace machine::gateway

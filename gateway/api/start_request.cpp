#include "gateway/api/start_request.hpp"

#include "actors/agents/tools/tools.hpp"
#include "actors/orchestrator/run/reduce.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::gateway {

namespace {

using namespace orchestrator;

/// The workflow that a request names or brings along.
template <class Request>
caf::expected<workflow> find_workflow(const scope& in, const Request& what) {
  load_context known;
  for (auto& [name, role] : in.facts().roles) {
    known.roles.insert(name);
    known.tools[name].insert(role.tools.begin(), role.tools.end());
  }
  for (auto& [id, model] : in.facts().catalogue.models)
    known.models.insert(id);
  known.workflows = in.facts().workflows;
  for (auto& tool : agents::tool_names())
    known.step_tools.insert(tool);
  if (what.workflow)
    return load_workflow(*what.workflow,
                         what.workflow_file.value_or("workflow"), known);
  auto name = what.workflow_name.value_or("feature");
  auto text = in.facts().workflows.find(name);
  if (text == in.facts().workflows.end()) {
    std::string list;
    for (auto& [other, ignored] : in.facts().workflows)
      list += (list.empty() ? "" : ", ") + other;
    return make_error(ec::not_found, "there is no built-in workflow " + name
                                       + "; there are: " + list);
  }
  return load_workflow(text->second, name + ".yaml (built in)", known);
}

caf::error check_model(const scope& in,
                       const std::optional<std::string>& model) {
  auto& catalogue = in.facts().catalogue;
  if (!model || catalogue.models.contains(*model))
    return caf::none;
  models::selection_request wish;
  wish.pinned = model;
  return models::select(catalogue, wish).error();
}

} // namespace

caf::expected<run_request> request_of(const scope& in,
                                      const start_request& what) {
  auto graph = find_workflow(in, what);
  if (!graph)
    return std::move(graph.error());
  if (auto err = check_model(in, what.model))
    return err;
  run_request result;
  result.project = what.project.value_or("default");
  if (auto err = check_name<tracker::project>(in, result.project))
    return err;
  result.title = what.title;
  result.workflow = std::move(*graph);
  result.inputs = what.inputs.value_or(json_text{"{}"});
  result.repository = what.repository;
  result.budget = what.budget.value_or(in.facts().default_budget);
  result.model = what.model;
  result.task = what.task;
  result.priority = what.priority;
  result.principal = in.who().id;
  return result;
}

caf::expected<run_request> request_as(const scope& in,
                                      const run_created& from) {
  auto graph = wire::from_json<workflow>(from.workflow.text);
  if (!graph)
    return std::move(graph.error());
  run_request result;
  result.title = from.title;
  result.workflow = std::move(*graph);
  result.inputs = from.inputs;
  result.project = from.project;
  result.task = from.task;
  result.repository = from.repository;
  result.budget = from.budget;
  result.model = from.model;
  result.principal = in.who().id;
  result.priority = from.priority;
  return result;
}

caf::expected<run_request> request_as(const scope& in, const run_created& from,
                                      const start_changes& changes) {
  auto result = request_as(in, from);
  if (!result)
    return result;
  if (changes.workflow || changes.workflow_name) {
    auto graph = find_workflow(in, changes);
    if (!graph)
      return std::move(graph.error());
    result->workflow = std::move(*graph);
  }
  if (auto err = check_model(in, changes.model))
    return err;
  auto take = [](auto& to, const auto& what) {
    if (what)
      to = *what;
  };
  take(result->title, changes.title);
  take(result->repository, changes.repository);
  take(result->budget, changes.budget);
  take(result->model, changes.model);
  take(result->task, changes.task);
  take(result->priority, changes.priority);
  if (changes.inputs) {
    auto merged = reduce(reducer::merge, result->inputs, *changes.inputs);
    result->inputs = std::move(merged);
  }
  return result;
}

} // namespace machine::gateway

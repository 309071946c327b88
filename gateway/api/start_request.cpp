#include "gateway/api/start_request.hpp"

#include "actors/orchestrator/run/reduce.hpp"
#include "gateway/api/workflow_texts.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::gateway {

namespace {

using namespace orchestrator;

/// The workflow that a request for *project* names or brings along.
template <class Request>
caf::expected<workflow> find_workflow(const scope& in,
                                      const std::string& project,
                                      const Request& what) {
  auto known = workflows_for(in, project);
  if (what.workflow_version && (what.workflow || !what.workflow_name))
    return make_error(ec::invalid_argument,
                      "workflow_version is one of what workflow_name says");
  if (what.workflow)
    return load_workflow(*what.workflow,
                         what.workflow_file.value_or("workflow"), known);
  auto name = what.workflow_name.value_or("feature");
  auto text = find_text(in, project, name, what.workflow_version);
  if (!text)
    return std::move(text.error());
  return load_workflow(text->text, text->file, known);
}

caf::error check_model(const scope& in,
                       const std::optional<std::string>& model) {
  auto stock = in.facts().models;
  auto* known = model ? models::find_model(stock->listed, *model) : nullptr;
  if (!model || (known != nullptr && !known->embeddings))
    return caf::none;
  models::selection_request wish;
  wish.pinned = model;
  return models::select(stock->listed, wish).error();
}

} // namespace

caf::error check_repository(const scope& in,
                            const std::optional<std::string>& path) {
  if (!path || in.who().kind == principal::nature::machine)
    return caf::none;
  return in.repositories().check(in.tenant(), *path);
}

caf::expected<run_request> request_of(const scope& in,
                                      const start_request& what) {
  auto graph = find_workflow(in, what.project.value_or("default"), what);
  if (!graph)
    return std::move(graph.error());
  if (auto err = check_model(in, what.model))
    return err;
  if (auto err = check_repository(in, what.repository))
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
  result.api_key = in.who().key.value_or("");
  result.tags = what.tags.value_or(std::vector<std::string>{});
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
  result.api_key = in.who().key.value_or("");
  result.tags = from.tags;
  result.priority = from.priority;
  return result;
}

caf::expected<run_request> request_as(const scope& in, const run_created& from,
                                      const start_changes& changes) {
  auto result = request_as(in, from);
  if (!result)
    return result;
  if (changes.workflow || changes.workflow_name) {
    auto graph = find_workflow(in, from.project, changes);
    if (!graph)
      return std::move(graph.error());
    result->workflow = std::move(*graph);
  }
  if (auto err = check_model(in, changes.model))
    return err;
  if (auto err = check_repository(in, changes.repository))
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
  take(result->tags, changes.tags);
  if (changes.inputs) {
    auto merged = reduce(reducer::merge, result->inputs, *changes.inputs);
    result->inputs = std::move(merged);
  }
  return result;
}

} // namespace machine::gateway

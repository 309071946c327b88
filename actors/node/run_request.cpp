#include "actors/node/run_request.hpp"

#include "actors/orchestrator/workflow/json_schema.hpp"
#include "actors/tracker/bounds.hpp"

namespace machine {

namespace {

/// Whether those whom the calls of a run are counted under have usable names.
caf::error check_account(const run_request& what) {
  costs::call_account whose;
  whose.project = what.project;
  whose.principal = what.principal;
  whose.key = what.api_key;
  whose.tags = what.tags;
  return costs::check(whose);
}

} // namespace

caf::expected<orchestrator::run_created> prepare_run(run_request what) {
  auto inputs = orchestrator::apply_defaults(what.workflow.inputs, what.inputs);
  if (!inputs)
    return with_context("inputs", inputs.error());
  if (auto valid = orchestrator::validate(what.workflow.inputs, *inputs);
      !valid)
    return with_context("inputs", valid.error());
  if (what.title.empty() || what.title.size() > 10'000)
    return make_error(ec::invalid_argument,
                      "say what you want, in 1 to 10,000 bytes");
  if (what.priority.value_or(0) > tracker::max_priority)
    return make_error(ec::invalid_argument,
                      "the priority is " + std::to_string(*what.priority)
                        + "; it goes from 0 to 9, and 9 comes first");
  if (auto err = check_account(what))
    return err;
  orchestrator::run_created created;
  created.workflow_name = what.workflow.name;
  created.workflow_hash = orchestrator::workflow_hash(what.workflow);
  created.workflow.text = orchestrator::normal_form(what.workflow);
  created.inputs = std::move(*inputs);
  created.title = std::move(what.title);
  created.project = std::move(what.project);
  created.task = std::move(what.task);
  created.repository = std::move(what.repository);
  created.budget = what.budget;
  created.model = std::move(what.model);
  created.principal = std::move(what.principal);
  created.api_key = std::move(what.api_key);
  created.tags = std::move(what.tags);
  created.origin = std::move(what.origin);
  created.priority = what.priority;
  created.trace = std::move(what.trace);
  return created;
}

} // namespace machine

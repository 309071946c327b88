#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/planner.hpp"
#include "actors/orchestrator/run/reduce.hpp"
#include "actors/orchestrator/run/render.hpp"
#include "actors/orchestrator/run/scope.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "actors/orchestrator/workflow/times.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

/// How steps of each kind begin.
namespace machine::orchestrator {

namespace {

caf::expected<duration> read_pause(const std::string& text) {
  if (auto result = parse_duration(text))
    return *result;
  return make_error(ec::invalid_argument,
                    "for: \"" + clip(text, 80)
                      + "\" is no duration; write one such as 90s or 5m");
}

caf::expected<timestamp> read_instant(const std::string& text) {
  if (auto result = parse_instant(text))
    return *result;
  return make_error(ec::invalid_argument,
                    "until: \"" + clip(text, 80)
                      + "\" is no instant; write one such as "
                        "2027-01-31T09:00:00Z");
}

const kept_signal* first_signal(const run_state& now, const std::string& name) {
  auto i = std::find_if(now.signals.begin(), now.signals.end(),
                        [&](auto& x) { return x.name == name; });
  return i == now.signals.end() ? nullptr : &*i;
}

attempt_kind kind_of(const step_action& what) {
  if (std::holds_alternative<agent_step>(what))
    return attempt_kind::agent;
  if (std::holds_alternative<model_step>(what))
    return attempt_kind::model;
  if (std::holds_alternative<tool_step>(what))
    return attempt_kind::tool;
  return attempt_kind::command;
}

} // namespace

void planner::begin(const step& what, const std::string& id) {
  auto rendered =
    render_action(what.action, run_scope{now(), block_of(id)}, jq_);
  if (!rendered)
    return fail_with(id, rendered.error());
  std::visit([&](auto& x) { begin_action(x, id); }, *rendered);
}

void planner::begin_action(const set_step& x, const std::string& id) {
  run_scope scope{now(), block_of(id)};
  vars_changed changes{id, {}};
  size_t size = 0;
  for (auto& [name, expression] : x.values) {
    auto value = jq_.evaluate(expression, scope);
    if (!value)
      return fail_with(id, with_context(name, value.error()));
    auto how = reducer::replace;
    if (auto i = now().definition->reducers.find(name);
        i != now().definition->reducers.end())
      how = i->second;
    if (auto err = check_reducible(how, name, *value))
      return fail_with(id, err);
    if (how != reducer::replace)
      if (auto err =
            check_value(name, reduce(how, now().vars.at(name), *value)))
        return fail_with(id, err);
    size += name.size() + value->text.size();
    changes.values.emplace(name, std::move(*value));
  }
  if (auto err = check_size("what it sets", size))
    return fail_with(id, err);
  emit(std::move(changes));
  emit(step_done{id, {}, std::nullopt});
}

void planner::begin_action(const orchestrator::fail_step& x,
                           const std::string& id) {
  auto message = clip(x.message);
  auto code = to_string(ec::step_failed);
  emit(step_failed{id, code, message, {}, std::nullopt});
  if (now().phase == run_phase::undoing)
    fail_block(block_of(id), code, id + ": " + message);
  else
    close(run_result::failed, code, message);
}

void planner::begin_action(const approve_step& x, const std::string& id) {
  if (auto err = check_size("what it asks", to_request(x).text.size()))
    return fail_with(id, err);
  std::optional<timestamp> deadline;
  if (x.deadline)
    deadline = ctx().now + *x.deadline;
  emit(interrupt_opened{id, id, x.question, answer_schema(x), x.assignee,
                        x.role, deadline, x.default_answer});
}

void planner::begin_action(const wait_step& x, const std::string& id) {
  std::optional<timestamp> until;
  if (x.pause) {
    auto pause = read_pause(*x.pause);
    if (!pause)
      return fail_with(id, pause.error());
    until = ctx().now + *pause;
  } else if (x.until) {
    auto instant = read_instant(*x.until);
    if (!instant)
      return fail_with(id, instant.error());
    until = *instant;
  } else if (x.deadline) {
    until = ctx().now + *x.deadline;
  }
  emit(wait_started{id, until, x.signal});
  if (!x.signal)
    return;
  if (auto* there = first_signal(now(), *x.signal)) {
    auto payload = there->payload;
    emit(signal_taken{id, there->number});
    emit(step_done{id, std::move(payload), std::nullopt});
  }
}

void planner::begin_action(const call_step& x, const std::string& id) {
  auto called = now().definition.called(x.workflow);
  auto what = called ? share_workflow(called->text)
                     : caf::expected<shared_workflow>{called.error()};
  if (!what)
    return fail_with(id, what.error());
  auto& graph = *what;
  auto depth = now().created.parent ? now().created.parent->depth : 0;
  if (depth >= max_call_depth)
    return fail_with(id,
                     make_error(ec::limit_exceeded,
                                "workflows call each other more than "
                                  + std::to_string(max_call_depth)
                                  + " levels deep; end the recursion earlier"));
  auto inputs = apply_defaults(graph->inputs, x.inputs);
  if (!inputs)
    return fail_with(id, with_context("inputs", inputs.error()));
  if (auto valid = validate(graph->inputs, *inputs); !valid)
    return fail_with(id, with_context("inputs", valid.error()));
  auto request =
    to_request(call_step{x.workflow, std::move(*inputs), x.budget});
  begin_attempt(attempt_kind::call, id, std::move(request));
}

template <class Work>
void planner::begin_action(const Work& x, const std::string& id) {
  begin_attempt(kind_of(x), id, to_request(x));
}

void planner::begin_attempt(attempt_kind kind, const std::string& id,
                            json_text request) {
  if (auto err = check_size("what it asks for", request.text.size()))
    return fail_with(id, err);
  emit(attempt_started{id, kind, 1, now().last_token + 1, std::move(request)});
  if (kind == attempt_kind::call)
    begin_child(id);
}

/// Begins the run that a `call` step waits for.
void planner::begin_child(const std::string& activation) {
  auto* there = find_activation(now(), activation);
  auto* what = find_step(now(), there->step);
  auto request = wire::from_json<step_action>(there->request.text);
  auto* call = request ? std::get_if<call_step>(&*request) : nullptr;
  if (what == nullptr || call == nullptr)
    return fail_with(activation, make_error(ec::internal));
  auto left = now().created.budget - now().spent - now().leased;
  for (; what != nullptr;
       what = what->parent ? find_step(now(), *what->parent) : nullptr)
    if (what->budget)
      left = std::min(left, *what->budget - used_by_step(now(), *what));
  if (call->budget)
    left = std::min(left, *call->budget);
  emit(child_started{
    activation, ctx().key.id + "." + std::to_string(now().children + 1),
    call->workflow, call->inputs, std::max<micro_usd>(left, 0)});
}

} // namespace machine::orchestrator

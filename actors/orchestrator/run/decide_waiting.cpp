#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/decider.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/recover.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"

#include <algorithm>
#include <set>

namespace machine::orchestrator {

caf::error decider::operator()(const answer_interrupt& x) {
  if (now.phase == run_phase::absent)
    return make_error(ec::not_found, "there is no run " + ctx.key.id);
  if (auto err = check_history())
    return err;
  auto* there = find_interrupt(now, x.interrupt);
  if (there == nullptr)
    return make_error(ec::not_found, "run " + ctx.key.id
                                       + " asks nothing with the id "
                                       + x.interrupt);
  if (there->phase != interrupt_phase::open)
    return make_error(ec::conflict,
                      there->phase == interrupt_phase::answered
                        ? x.interrupt + " was answered already, by " + there->by
                        : x.interrupt + " is no longer asked");
  if (auto err = check_value("the answer", x.answer))
    return err;
  if (auto valid = validate(there->schema, x.answer); !valid)
    return with_context("answer to " + x.interrupt, valid.error());
  planner plan{to};
  plan.emit(interrupt_answered{x.interrupt, x.answer, x.by});
  act_on_answer(plan, interrupt{*there}, x.answer);
  plan.advance();
  return caf::none;
}

caf::error decider::operator()(const signal_run& x) {
  if (auto err = check_history())
    return err;
  if (auto err = check_signal(x))
    return err;
  if (x.key
      && std::find(now.signal_keys.begin(), now.signal_keys.end(), *x.key)
           != now.signal_keys.end())
    return caf::none;
  planner plan{to};
  auto number = now.last_signal + 1;
  plan.emit(signal_received{number, x.name, x.payload, x.by, x.key});
  if (auto* there = first_waiting(x.name)) {
    auto id = there->id;
    plan.emit(signal_taken{id, number});
    plan.emit(step_done{id, x.payload, std::nullopt});
  }
  plan.advance();
  return caf::none;
}

caf::error decider::operator()(const wake_run&) {
  planner plan{to};
  if (begins_by_itself(now)) {
    plan.emit(budget_granted{now.created.budget});
    begin(plan);
    return caf::none;
  }
  if (makes_progress(now) || now.phase == run_phase::publishing) {
    std::vector<std::string> due;
    for (auto& [id, at] : now.timers)
      if (at <= ctx.now)
        due.push_back(id);
    // What passes first may end what others waited for.
    for (auto& id : due)
      if (auto i = now.timers.find(id);
          i != now.timers.end() && i->second <= ctx.now)
        pass_time(plan, *find_activation(now, id));
  }
  plan.advance();
  return caf::none;
}

caf::error decider::check_signal(const signal_run& x) const {
  if (now.phase == run_phase::absent)
    return make_error(ec::not_found, "there is no run " + ctx.key.id);
  // What undoes a step may wait for one.
  if (now.phase >= run_phase::closing && now.phase != run_phase::undoing)
    return make_error(
      ec::conflict,
      "run " + ctx.key.id + " takes no signals any more: it "
        + (now.phase == run_phase::ended ? "has ended" : "is ending"));
  std::set<std::string> known;
  const wait_step* wanted = nullptr;
  for (auto& y : now.definition->steps)
    if (auto* wait = std::get_if<wait_step>(&y.action); wait && wait->signal) {
      known.insert(*wait->signal);
      if (*wait->signal == x.name)
        wanted = wait;
    }
  if (wanted == nullptr) {
    std::string list;
    for (auto& name : known)
      list += (list.empty() ? "" : ", ") + name;
    return make_error(ec::not_found,
                      "workflow " + now.definition->name
                        + " waits for no signal " + clip(x.name, 80)
                        + (list.empty() ? "" : "; it waits for " + list));
  }
  if (auto err = check_value("the payload", x.payload))
    return err;
  if (wanted->schema)
    if (auto valid = validate(*wanted->schema, x.payload); !valid)
      return with_context("signal " + x.name, valid.error());
  auto size = x.payload.text.size();
  for (auto& y : now.signals)
    size += y.payload.text.size();
  if (now.signals.size() >= max_kept_signals || size > max_signal_bytes)
    return make_error(ec::limit_exceeded,
                      "run " + ctx.key.id + " keeps "
                        + std::to_string(now.signals.size())
                        + " signals that no step has taken yet, and has no "
                          "room for more");
  return caf::none;
}

const activation* decider::first_waiting(const std::string& name) const {
  const activation* result = nullptr;
  for (auto& [id, there] : now.activations)
    if (there.phase == activation_phase::waiting && there.signal == name
        && (result == nullptr || there.number < result->number))
      result = &there;
  return result;
}

void decider::pass_time(planner& plan, const activation& there) {
  auto id = there.id;
  if (there.deadline && *there.deadline <= ctx.now)
    plan.stop_step(id, to_string(ec::timeout),
                   "it did not end within its time");
  else if (there.retry_at && *there.retry_at <= ctx.now)
    plan.retry(id);
  else if (there.phase == activation_phase::waiting)
    end_waiting(plan, there);
}

void decider::end_waiting(planner& plan, const activation& there) {
  auto id = there.id;
  auto* what = find_step(now, there.step);
  auto* wait = what ? std::get_if<wait_step>(&what->action) : nullptr;
  if (wait != nullptr) {
    if (wait->signal && !wait->fallback)
      plan.fail(id, to_string(ec::timeout),
                "no signal " + *wait->signal + " came in time");
    else
      plan.emit(
        step_done{id, wait->fallback.value_or(json_text{}), std::nullopt});
    return;
  }
  for (auto& [name, x] : now.interrupts)
    if (x.phase == interrupt_phase::open && x.activation == id)
      return pass_deadline(plan, interrupt{x});
}

void decider::pass_deadline(planner& plan, const interrupt& x) {
  if (x.default_answer) {
    plan.emit(interrupt_answered{x.id, *x.default_answer, "deadline"});
    act_on_answer(plan, x, *x.default_answer);
  } else {
    plan.fail(x.activation, to_string(ec::timeout),
              "nobody answered before the deadline");
  }
}

} // namespace machine::orchestrator

#include "actors/orchestrator/run/loops.hpp"

#include "actors/costs/money.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/recover.hpp"
#include "actors/orchestrator/run/retry.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

constexpr const char* loop_schema =
  R"({"anyOf":[{"enum":["continue","stop"]},{"type":"object","properties":)"
  R"({"hint":{"type":"string","minLength":1,"maxLength":16384}},)"
  R"("required":["hint"],"additionalProperties":false}]})";

/// Rounds that a `repeat` may do for nothing, however many calls they need.
constexpr uint32_t min_idle_rounds = 2;

/// Effects that a question names.
constexpr size_t max_evidence = 24;

/// The answer to a loop that is not one of two words.
struct loop_hint {
  std::string hint;

  static constexpr const char* wire_name = "loop_hint";

  static constexpr auto fields() {
    return wire::members(wire::field{"hint", &loop_hint::hint});
  }
};

template <class T>
void fill_missing(std::optional<T>& to, const std::optional<T>& from) {
  if (!to)
    to = from;
}

void fill_missing(guard_settings& to,
                  const std::optional<guard_settings>& from) {
  if (!from)
    return;
  fill_missing(to.on, from->on);
  fill_missing(to.repeats, from->repeats);
  fill_missing(to.cycle, from->cycle);
  fill_missing(to.window, from->window);
  fill_missing(to.times, from->times);
  fill_missing(to.failures, from->failures);
  fill_missing(to.idle_calls, from->idle_calls);
  fill_missing(to.deadline, from->deadline);
  fill_missing(to.default_answer, from->default_answer);
  fill_missing(to.assignee, from->assignee);
}

agents::guard_limits limits_of(const guard_settings& x) {
  agents::guard_limits result;
  result.repeats = x.repeats.value_or(result.repeats);
  result.cycle = x.cycle.value_or(result.cycle);
  result.window = x.window.value_or(result.window);
  result.times = x.times.value_or(result.times);
  result.failures = x.failures.value_or(result.failures);
  result.idle_calls = x.idle_calls.value_or(result.idle_calls);
  return result;
}

bool is_round(std::string_view x) {
  return !x.empty() && x.find_first_not_of("0123456789") == x.npos;
}

/// Calls *fn* with the place of every `[` in *id* that begins a round of a
/// `repeat`.
template <class Fn>
void for_each_round(const run_state& now, std::string_view id, Fn fn) {
  for (auto i = id.find('['); i != id.npos; i = id.find('[', i + 1)) {
    auto end = id.find(']', i);
    auto* owner = find_step(now, step_of(id.substr(0, i)));
    if (end != id.npos && owner != nullptr
        && std::holds_alternative<repeat_step>(owner->action)
        && is_round(id.substr(i + 1, end - i - 1)))
      fn(i);
  }
}

std::string list_evidence(const std::vector<std::string>& all,
                          const char* quote) {
  std::string result;
  auto left_out = all.size() - std::min(all.size(), max_evidence);
  if (left_out > 0)
    result = "... (" + std::to_string(left_out) + " more)";
  for (auto i = left_out; i < all.size(); ++i)
    result += (result.empty() ? "" : ", ") + (quote + all[i]) + quote;
  return result;
}

std::string name_of_work(const activation& there) {
  auto request = wire::from_json<step_action>(there.request.text);
  auto* agent = request ? std::get_if<agent_step>(&*request) : nullptr;
  return agent ? "the agent " + agent->role + " of step " + there.id
               : "step " + there.id;
}

/// What is going on, in a sentence.
std::string describe_loop(const activation& there, const loop_found& what) {
  using kind = agents::loop_alarm::kind;
  auto& x = what.alarm;
  auto times = std::to_string(x.times);
  auto window = std::to_string(limits_of(what.settings).window);
  auto text =
    what.around.empty()
      ? name_of_work(there) + " goes in circles: "
      : (x.subjects.size() > 1
           ? "In " + what.around + " the same work is handed back and forth: "
           : what.around + " goes in circles: ");
  text[0] = text[0] == 't' ? 'T' : text[0] == 's' ? 'S' : text[0];
  auto done = list_evidence(x.subjects, "`");
  switch (x.what) {
    case kind::cycle:
      return text + done + (x.subjects.size() > 1 ? " were" : " was") + " done "
           + times
           + " times in a row with the same results, and the workspace was in "
             "no new state in between.";
    case kind::often:
      return text + done + " was done " + times + " times among the last "
           + window
           + " calls with the same result, and the workspace was in no new "
             "state in between.";
    case kind::failing:
      return text + done + " failed in the same way " + times
           + " times among the last " + window
           + " calls, whatever was changed in between.";
    case kind::idle: break;
  }
  return text + times + " model calls for " + costs::format_usd(x.cost)
       + " have brought no new result of a tool, no new state of the workspace "
         "and no other value of a variable.";
}

std::string question_about(const run_state& now, const activation& there,
                           const loop_found& what) {
  auto spent = now.spent_by_step.find(there.step);
  auto of_step = spent == now.spent_by_step.end() ? 0 : spent->second;
  return describe_loop(there, what) + " So far the step has cost "
       + costs::format_usd(of_step) + ", and the run "
       + costs::format_usd(now.spent) + " of "
       + costs::format_usd(now.created.budget)
       + ".\nSeen in: " + list_evidence(what.alarm.effects, "")
       + "\nNothing is paid for until you answer: \"continue\" (it goes on, "
         "and the guard counts anew), \"stop\" (the step fails with `loop`), "
         "or {\"hint\": \"what the agent is told before it goes on\"}.";
}

std::string question_id_of(const run_state& now, const std::string& id) {
  auto first = "loop:" + id;
  auto result = first;
  for (auto n = 2; find_interrupt(now, result) != nullptr; ++n)
    result = first + "/" + std::to_string(n);
  return result;
}

std::optional<loop_found> look_at(const run_state& now, const std::string& key,
                                  const step& what, std::string around) {
  auto trail = now.trails.find(key);
  auto settings = guard_of(now, what);
  if (trail == now.trails.end() || !settings.on.value_or(true))
    return std::nullopt;
  auto limits = limits_of(settings);
  if (!around.empty())
    limits.idle_rounds = min_idle_rounds;
  auto alarm = agents::find_loop(trail->second, limits);
  if (!alarm)
    return std::nullopt;
  return loop_found{std::move(*alarm), std::move(around), std::move(settings)};
}

} // namespace

guard_settings guard_of(const run_state& now, const step& what) {
  guard_settings result;
  for (auto* x = &what; x != nullptr;
       x = x->parent ? find_step(now, *x->parent) : nullptr)
    fill_missing(result, x->guard);
  fill_missing(result, now.definition->guard);
  return result;
}

std::string trail_key(const run_state& now, std::string_view id) {
  std::string result;
  size_t copied = 0;
  for_each_round(now, id, [&](size_t i) {
    result += id.substr(copied, i + 1 - copied);
    copied = id.find(']', i);
  });
  return result += id.substr(copied);
}

std::string round_trail_key(const run_state& now, std::string_view id) {
  return trail_key(now, id) + "[]";
}

std::vector<std::string> repeats_around(const run_state& now,
                                        std::string_view id) {
  std::vector<std::string> result;
  for_each_round(now, id, [&](size_t i) {
    result.emplace(result.begin(), id.substr(0, i));
  });
  return result;
}

std::optional<loop_found> find_loop(const run_state& now,
                                    const activation& there) {
  auto* what = find_step(now, there.step);
  if (what == nullptr
      || (there.kind != attempt_kind::agent
          && there.kind != attempt_kind::model))
    return std::nullopt;
  if (auto result = look_at(now, trail_key(now, there.id), *what, {}))
    return result;
  for (auto& id : repeats_around(now, there.id))
    if (auto* around = find_step(now, step_of(id)))
      if (auto result =
            look_at(now, round_trail_key(now, id), *around, std::string{id}))
        return result;
  return std::nullopt;
}

caf::error check_guard(const run_state& now, const activation& there,
                       const intend_effect& what) {
  if (what.kind != effect_kind::model || !find_loop(now, there))
    return caf::none;
  return make_error(ec::paused, there.id
                                  + " goes in circles; a person is asked "
                                    "before it goes on");
}

void ask_about_loop(planner& plan, const activation& there,
                    const loop_found& what) {
  auto id = there.id;
  auto question = clip(question_about(plan.now(), there, what));
  auto& settings = what.settings;
  std::optional<timestamp> deadline;
  std::optional<json_text> usual;
  if (settings.deadline) {
    deadline = plan.ctx().now + *settings.deadline;
    usual = json_text{wire::to_json(settings.default_answer.value_or("stop"))};
  }
  auto token = there.token;
  lose_open_effects(plan, id);
  plan.emit(attempt_lost{id, token});
  plan.emit(interrupt_opened{question_id_of(plan.now(), id),
                             id,
                             std::move(question),
                             {loop_schema},
                             settings.assignee,
                             std::nullopt,
                             deadline,
                             std::move(usual)});
}

void act_on_loop_answer(planner& plan, const interrupt& asked,
                        const json_text& answer) {
  auto* there = find_activation(plan.now(), asked.activation);
  if (there == nullptr)
    return;
  if (wire::from_json<std::string>(answer.text) != std::string{"stop"}) {
    plan.hand_over(asked.activation);
    return;
  }
  auto code = to_string(ec::loop);
  auto message =
    "it was stopped: " + asked.question.substr(0, asked.question.find('\n'));
  std::optional<timestamp> retry_at;
  if (auto* what = find_step(plan.now(), there->step))
    if (auto pause =
          next_retry(what->retry, there->attempt, code, plan.ctx().random))
      retry_at = plan.ctx().now + *pause;
  plan.emit(attempt_failed{asked.activation, 0, code, clip(message), retry_at});
  if (!retry_at)
    plan.fail(asked.activation, code, message);
}

std::optional<std::string> hint_in(const json_text& answer) {
  auto told = wire::from_json<loop_hint>(answer.text);
  return told ? std::optional{std::move(told->hint)} : std::nullopt;
}

uint32_t count_done_effects(const activation& there) {
  return static_cast<uint32_t>(
    std::count_if(there.journal.begin(), there.journal.end(),
                  [](auto& x) { return x.phase == effect_phase::done; }));
}

} // namespace machine::orchestrator

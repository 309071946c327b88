#include "actors/orchestrator/run/planner.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/scope.hpp"

#include <algorithm>
#include <utility>

namespace machine::orchestrator {

namespace {

bool is_block(std::string_view id) {
  return id.ends_with(']');
}

/// The round or item of the innermost block around *block* that has one.
uint32_t number_around(const run_state& now, std::string_view block) {
  for (; !block.empty(); block = block_of(owner_of(block)))
    if (auto i = now.blocks.find(std::string{block});
        i != now.blocks.end() && i->second.number > 0)
      return i->second.number;
  return 0;
}

} // namespace

planner::planner(entity::draft<run>& to)
    : to_(to), jq_(max_step_jq, {.max_result_bytes = max_value_bytes,
                                 .may_take_long = to.ctx().may_take_long}) {}

bool planner::is_full() const {
  return to_.events().size() >= max_decision_events
      || to_.size() >= max_decision_bytes || jq_.used() >= max_decision_jq;
}

void planner::advance() {
  while (!is_full() && (makes_progress(now()) ? proceed() : wind_up()))
    continue;
}

/// Does the next thing that follows; false if there is none.
bool planner::proceed() {
  if (conclude_stopped())
    return true;
  if (!now().due.empty()) {
    begin_step(std::string{now().due.front()});
    return true;
  }
  if (!now().continuing.empty()) {
    auto next = now().continuing.front();
    if (is_block(next) || next.empty())
      end_block(next);
    else
      begin_items(next);
    return true;
  }
  return now().phase == run_phase::undoing && wind_up();
}

bool planner::conclude_stopped() {
  auto& all = now().stopping;
  auto i = std::find_if(all.begin(), all.end(),
                        [&](auto& x) { return !has_live_attempts(now(), x); });
  if (i == all.end())
    return false;
  // The list that it stands in changes.
  std::string id{i->data(), i->size()};
  if (!is_block(id)) {
    auto why = *find_activation(now(), id)->stopping;
    fail(id, why.code, why.message);
    return true;
  }
  auto block = now().blocks.at(id);
  emit(block_ended{id, {}, block.stopping->code, block.stopping->message});
  // What handled a failure has failed itself: the step counts as failed.
  if (block.name == failure_block)
    fail_block(block_of(block.owner), block.stopping->code,
               block.stopping->message);
  return true;
}

void planner::begin_step(const std::string& id) {
  auto& what = *find_step(now(), step_of(id));
  auto iteration = number_around(now(), block_of(id));
  std::optional<timestamp> deadline;
  if (what.step_timeout)
    deadline = ctx().now + *what.step_timeout;
  jq_.renew();
  if (what.when) {
    auto value = jq_.evaluate(*what.when, run_scope{now(), block_of(id)});
    if (!value) {
      emit(step_started{id, what.id, iteration, deadline});
      fail_with(id, with_context("when", value.error()));
      return;
    }
    if (!is_true(*value)) {
      emit(step_skipped{id, what.id, iteration,
                        clip("its condition does not hold: " + *what.when)});
      return;
    }
  }
  emit(step_started{id, what.id, iteration, deadline});
  begin(what, id);
}

void planner::retry(const std::string& activation) {
  if (auto* there = find_activation(now(), activation))
    repeat_attempt(activation, there->attempt + 1);
}

void planner::hand_over(const std::string& activation) {
  auto* there = find_activation(now(), activation);
  if (there == nullptr)
    return;
  if (now().paused)
    emit(attempt_suspended{activation});
  else
    repeat_attempt(activation, there->attempt);
}

void planner::repeat_attempt(const std::string& activation, uint32_t attempt) {
  auto& there = *find_activation(now(), activation);
  auto kind = there.kind;
  emit(attempt_started{activation, kind, attempt, now().last_token + 1,
                       there.request});
  if (kind == attempt_kind::call)
    begin_child(activation);
}

void planner::fail(const std::string& activation, const std::string& code,
                   const std::string& message, json_text output,
                   std::optional<std::string> commit) {
  auto* there = find_activation(now(), activation);
  if (there == nullptr)
    return;
  auto* what = find_step(now(), there->step);
  auto policy = what ? what->on_failure : failure_policy::fail;
  // It may be in the message already which step within is to blame.
  auto why = message.starts_with(activation + "[")
             ? message
             : activation + ": " + message;
  withdraw_within(activation);
  emit(step_failed{activation, code, clip(message), std::move(output),
                   std::move(commit)});
  switch (policy) {
    case failure_policy::proceed: return;
    case failure_policy::handle:
      open_block(activation, failure_block, 0);
      return;
    case failure_policy::fail: break;
  }
  fail_block(block_of(activation), code, clip(why));
}

void planner::fail_with(const std::string& activation, const caf::error& why) {
  fail(activation, to_string(code_of(why)), message_of(why));
}

void planner::fail_block(std::string_view id, const std::string& code,
                         const std::string& message) {
  if (id.empty()) {
    close(run_result::failed, code, message);
    return;
  }
  auto i = now().blocks.find(std::string{id});
  if (i == now().blocks.end())
    return;
  auto& block = i->second;
  if (fails_alone(now(), block))
    stop_block(i->first, code, message);
  else
    stop_step(block.owner, code, message);
}

void planner::stop_step(const std::string& activation, const std::string& code,
                        const std::string& message) {
  withdraw_within(activation);
  emit(step_stopping{activation, code, message});
}

void planner::stop_block(const std::string& block, const std::string& code,
                         const std::string& message) {
  withdraw_within(block);
  emit(block_stopping{block, code, message});
}

void planner::withdraw_within(std::string_view around) {
  std::vector<std::string> open;
  for (auto& [id, x] : now().interrupts)
    if (x.phase == interrupt_phase::open && is_within(x.activation, around))
      open.push_back(id);
  for (auto& id : open)
    emit(interrupt_withdrawn{id});
}

void planner::close(run_result result, std::string code, std::string message,
                    json_text output) {
  switch (now().phase) {
    case run_phase::closing:
    case run_phase::undoing:
    case run_phase::publishing:
    case run_phase::ended: return;
    default: break;
  }
  withdraw_within({});
  emit(run_closing{result, std::move(code), clip(std::move(message)),
                   std::move(output)});
}

/// Goes on with the end of a run; false if something has to end first.
bool planner::wind_up() {
  switch (now().phase) {
    case run_phase::closing:
      if (has_live_attempts(now()))
        return false;
      if (now().undoable.empty())
        return publish_or_end();
      emit(undo_started{});
      return true;
    case run_phase::undoing:
      if (has_live_attempts(now()) || !now().blocks.empty())
        return false;
      if (now().undoable.empty())
        return publish_or_end();
      open_block(std::string{now().undoable.back()}, undo_block, 0);
      return true;
    case run_phase::publishing:
      return !has_live_attempts(now()) && publish_or_end();
    default: return false;
  }
}

bool planner::publish_or_end() {
  auto* publish = find_activation(now(), "@publish");
  if (publish == nullptr && !now().directory.empty()
      && !now().created.workspace) {
    emit(attempt_started{
      "@publish", attempt_kind::publish, 1, now().last_token + 1, {}});
    return false;
  }
  if (publish != nullptr && !has_ended(*publish))
    return false;
  end_run();
  return false;
}

void planner::end_run() {
  auto result = now().result;
  auto code = now().code;
  auto message = now().message;
  auto add = [&message](const std::string& more) {
    message += (message.empty() ? "" : "; and ") + more;
  };
  for (auto& problem : now().undo_problems)
    add("undoing " + problem);
  auto* publish = find_activation(now(), "@publish");
  if (publish != nullptr && publish->phase == activation_phase::failed) {
    if (result == run_result::done) {
      result = run_result::failed;
      code = publish->code;
      message.clear();
    }
    add("the work could not be published: " + publish->message);
  }
  emit(run_ended{result, std::move(code), clip(std::move(message)),
                 now().output, now().spent});
  // Nobody else keeps books of it.
  if (!is_known_to_project(now()))
    emit(books_closed{true});
}

} // namespace machine::orchestrator

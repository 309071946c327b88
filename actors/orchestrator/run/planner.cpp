#include "actors/orchestrator/run/planner.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/render.hpp"
#include "actors/orchestrator/run/scope.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <utility>

namespace machine::orchestrator {

namespace {

/// `null` and `false` are false, as in jq.
bool truth(const json_text& x) {
  return x.text != "false" && x.text != "null";
}

/// Copies that stay valid while the state changes.
std::vector<std::string> open_blocks(const run_state& now) {
  std::vector<std::string> result;
  for (auto& x : now.activations)
    if (x.rounds > 0 && !has_ended(x))
      result.push_back(x.id);
  // Inner blocks end before outer ones.
  std::reverse(result.begin(), result.end());
  return result;
}

} // namespace

planner::planner(const run_state& now, const entity::context& ctx)
    : draft_(now), ctx_(ctx),
      jq_(max_step_jq, {.max_result_bytes = max_value_bytes}) {}

bool planner::is_full() const {
  return events_.size() >= max_decision_events || bytes_ >= max_decision_bytes
      || jq_.used() >= max_decision_jq;
}

const activation* planner::find(const std::string& id) {
  auto& all = draft_.activations;
  for (; indexed_ < all.size(); ++indexed_)
    index_.emplace(all[indexed_].id, indexed_);
  auto i = index_.find(id);
  return i == index_.end() ? nullptr : &all[i->second];
}

void planner::emit(run_event what) {
  run::apply(draft_, what, ctx_.now);
  bytes_ += wire::to_msgpack(what).size();
  // The one event that takes activations away.
  if (std::holds_alternative<round_started>(what)) {
    index_.clear();
    indexed_ = 0;
  }
  events_.push_back(std::move(what));
}

void planner::advance() {
  auto goes_on = [this] {
    return draft_.phase == run_phase::running && !is_full();
  };
  for (auto progress = true; progress && goes_on();) {
    progress = false;
    for (auto& id : open_blocks(draft_)) {
      if (!goes_on())
        break;
      if (auto* block = find(id); block != nullptr && !has_ended(*block)) {
        auto copy = *block;
        progress |= advance_block(&copy);
      }
    }
    if (goes_on())
      progress |= advance_block(nullptr);
  }
  finish();
}

bool planner::advance_block(const activation* block) {
  auto progress = false;
  auto pending = false;
  for (auto& what : draft_.definition.steps) {
    if (what.parent.value_or("") != (block ? block->step : ""))
      continue;
    auto* there = find(activation_id(block, what.id));
    if (there != nullptr) {
      pending |= !has_ended(*there);
      continue;
    }
    auto met = std::all_of(what.needs.begin(), what.needs.end(),
                           [&](const std::string& need) {
                             auto* x = find(activation_id(block, need));
                             return x != nullptr && has_ended(*x);
                           });
    pending = true;
    if (!met)
      continue;
    // The definition lives in the draft, which the events change.
    auto copy = what;
    start_step(copy, block);
    progress = true;
    if (draft_.phase != run_phase::running || is_full())
      return true;
  }
  if (pending)
    return progress;
  if (block != nullptr)
    return end_block(*block) || progress;
  json_text output;
  if (auto& expression = draft_.definition.output) {
    jq_.renew();
    auto value = jq_.evaluate(*expression, scope_of(draft_, nullptr));
    if (!value) {
      close(run_result::failed, to_string(code_of(value.error())),
            "output of the workflow: " + message_of(value.error()));
      return true;
    }
    output = std::move(*value);
  }
  close(run_result::done, "", "", std::move(output));
  return true;
}

void planner::start_step(const step& what, const activation* block) {
  auto id = activation_id(block, what.id);
  auto iteration = block ? block->rounds : 0;
  jq_.renew();
  if (what.when) {
    auto value = jq_.evaluate(*what.when, scope_of(draft_, block));
    if (!value) {
      emit(step_started{id, what.id, iteration});
      fail_step(id, to_string(code_of(value.error())),
                "when: " + message_of(value.error()));
      return;
    }
    if (!truth(*value)) {
      emit(step_skipped{id, what.id, iteration,
                        clip("its condition does not hold: " + *what.when)});
      return;
    }
  }
  emit(step_started{id, what.id, iteration});
  begin(what, id, block);
}

void planner::begin(const step& what, const std::string& id,
                    const activation* block) {
  auto scope = scope_of(draft_, block);
  auto failed = [&](const caf::error& err) {
    fail_step(id, to_string(code_of(err)), message_of(err));
  };
  if (auto* set = std::get_if<set_step>(&what.action)) {
    vars_changed changes{id, {}};
    size_t size = 0;
    for (auto& [name, expression] : set->values) {
      auto value = jq_.evaluate(expression, scope);
      if (!value)
        return failed(with_context(name, value.error()));
      size += name.size() + value->text.size();
      changes.values.emplace(name, std::move(*value));
    }
    if (auto err = check_size("what it sets", size))
      return failed(err);
    emit(std::move(changes));
    emit(step_done{id, {}, std::nullopt});
    return;
  }
  if (std::holds_alternative<repeat_step>(what.action)) {
    emit(round_started{id, 1});
    return;
  }
  auto rendered = render_action(what.action, scope, jq_);
  if (!rendered)
    return failed(rendered.error());
  auto request = to_request(*rendered);
  if (auto err = check_size("what it asks for", request.text.size()))
    return failed(err);
  if (auto* fail = std::get_if<orchestrator::fail_step>(&*rendered)) {
    fail->message = clip(std::move(fail->message));
    emit(orchestrator::step_failed{
      id, to_string(ec::step_failed), fail->message, {}, std::nullopt});
    close(run_result::failed, to_string(ec::step_failed), fail->message);
    return;
  }
  if (auto* ask = std::get_if<approve_step>(&*rendered)) {
    std::optional<timestamp> deadline;
    if (ask->deadline)
      deadline = ctx_.now + *ask->deadline;
    emit(interrupt_opened{id, id, ask->question, answer_schema(*ask),
                          ask->assignee, deadline, ask->default_answer});
    return;
  }
  dispatch(what, id, std::move(request));
}

void planner::dispatch(const step& what, const std::string& activation,
                       json_text request) {
  auto kind = attempt_kind::command;
  if (std::holds_alternative<agent_step>(what.action))
    kind = attempt_kind::agent;
  else if (std::holds_alternative<model_step>(what.action))
    kind = attempt_kind::model;
  emit(attempt_started{activation, kind, 1, draft_.last_token + 1,
                       std::move(request)});
}

void planner::start_attempt(const std::string& activation, reason why) {
  auto* there = find_activation(std::as_const(draft_), activation);
  if (there == nullptr)
    return;
  auto attempt = there->attempt + (why == reason::next_attempt ? 1 : 0);
  emit(attempt_started{activation, there->kind, attempt, draft_.last_token + 1,
                       there->request});
}

void planner::fail_step(const std::string& activation, const std::string& code,
                        const std::string& message, json_text output,
                        std::optional<std::string> commit) {
  auto* there = find_activation(std::as_const(draft_), activation);
  if (there == nullptr)
    return;
  auto* what = find_step(draft_, there->step);
  auto fatal = what == nullptr || what->on_failure == failure_policy::fail;
  emit(orchestrator::step_failed{activation, code, clip(message),
                                 std::move(output), std::move(commit)});
  if (fatal)
    close(run_result::failed, code, activation + ": " + message);
}

bool planner::end_block(const activation& block) {
  auto* what = find_step(draft_, block.step);
  auto* repeat = what ? std::get_if<repeat_step>(&what->action) : nullptr;
  if (repeat == nullptr)
    return false;
  jq_.renew();
  auto satisfied = jq_.evaluate(repeat->until, scope_of(draft_, &block));
  if (!satisfied) {
    fail_step(block.id, to_string(code_of(satisfied.error())),
              "until: " + message_of(satisfied.error()));
    return true;
  }
  if (!truth(*satisfied) && block.rounds < repeat->max) {
    emit(round_started{block.id, block.rounds + 1});
    return true;
  }
  json_text output{R"({"iterations":)" + std::to_string(block.rounds)
                   + R"(,"satisfied":)" + (truth(*satisfied) ? "true" : "false")
                   + R"(,"steps":)" + steps_of_round(draft_, block).text + "}"};
  if (auto err = check_value("the output of its last round", output))
    fail_step(block.id, to_string(code_of(err)), message_of(err));
  else
    emit(step_done{block.id, std::move(output), std::nullopt});
  return true;
}

void planner::close(run_result result, std::string code, std::string message,
                    json_text output) {
  if (draft_.phase == run_phase::closing
      || draft_.phase == run_phase::publishing
      || draft_.phase == run_phase::ended)
    return;
  auto open = draft_.interrupts;
  for (auto& x : open)
    if (x.phase == interrupt_phase::open)
      emit(interrupt_withdrawn{x.id});
  emit(run_closing{result, std::move(code), clip(std::move(message)),
                   std::move(output)});
}

void planner::finish() {
  if (draft_.phase != run_phase::closing
      && draft_.phase != run_phase::publishing)
    return;
  if (has_live_attempts(draft_))
    return;
  auto* publish = find_activation(std::as_const(draft_), "@publish");
  if (publish == nullptr && !draft_.directory.empty()) {
    emit(attempt_started{
      "@publish", attempt_kind::publish, 1, draft_.last_token + 1, {}});
    return;
  }
  if (publish != nullptr && !has_ended(*publish))
    return;
  auto result = draft_.result;
  auto code = draft_.code;
  auto message = draft_.message;
  if (publish != nullptr && publish->phase == activation_phase::failed) {
    auto why = "the work could not be published: " + publish->message;
    if (result == run_result::done) {
      result = run_result::failed;
      code = publish->code;
      message.clear();
    }
    message = clip(message.empty() ? why : message + "; and " + why);
  }
  emit(run_ended{result, std::move(code), std::move(message), draft_.output,
                 draft_.spent});
}

} // namespace machine::orchestrator

#include "actors/costs/money.hpp"
#include "actors/orchestrator/run/admit.hpp"
#include "actors/orchestrator/run/archive.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/loops.hpp"
#include "actors/orchestrator/run/planner.hpp"
#include "actors/orchestrator/run/recover.hpp"
#include "actors/orchestrator/run/retry.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <set>

namespace machine::orchestrator {

namespace {

/// Decides one command. Refusals come before the first event.
struct decider {
  entity::draft<run>& to;
  const run_state& now = to.now();
  const entity::context& ctx = to.ctx();

  caf::error operator()(const create_run& x) {
    if (now.phase != run_phase::absent)
      return make_error(ec::conflict, "run " + ctx.key.id + " exists already");
    if (auto graph = wire::from_json<workflow>(x.what.workflow.text); !graph)
      return with_context("workflow of run " + ctx.key.id, graph.error());
    if (auto err = costs::check_amount("a budget", x.what.budget))
      return err;
    if (auto err = check_value("inputs", x.what.inputs))
      return err;
    if (auto err =
          check_size("the workflow together with inputs and title",
                     wire::to_msgpack(x.what).size(), max_created_bytes))
      return err;
    return just(x.what);
  }

  caf::error operator()(const grant_budget& x) {
    // It may be that nobody gives back what was set aside so late.
    if (now.phase == run_phase::ended && now.outbox.empty())
      return make_error(ec::cancelled,
                        "run " + ctx.key.id + " has ended and needs no budget");
    if (!waits_for_place(now))
      return caf::none;
    planner plan{to};
    plan.emit(budget_granted{x.amount});
    begin(plan);
    return caf::none;
  }

  caf::error operator()(const queue_run&) {
    if (now.phase != run_phase::waiting_budget)
      return caf::none;
    return just(run_queued{});
  }

  caf::error operator()(const import_history& x) {
    if (now.phase != run_phase::copying || x.first <= now.copied)
      return caf::none;
    auto& origin = *now.created.origin;
    if (x.first != now.copied + 1 || x.events.empty()
        || now.copied + x.events.size() > origin.seq)
      return make_error(ec::invalid_argument,
                        "the next event of the history is "
                          + std::to_string(now.copied + 1));
    for (auto& payload : x.events) {
      auto past = wire::from_msgpack<entity::recorded<run_event>>(payload);
      if (!past)
        return make_error(ec::corrupt,
                          "the history of run " + origin.run
                            + " does not read: " + message_of(past.error()));
      if (std::holds_alternative<run_closing>(past->event))
        return make_error(ec::invalid_argument, "run " + origin.run
                                                  + " ends before event "
                                                  + std::to_string(origin.seq));
    }
    planner plan{to};
    plan.emit(history_copied{x.first, x.events});
    if (now.copied < origin.seq)
      return caf::none;
    plan.emit(history_ended{});
    begin(plan);
    return caf::none;
  }

  caf::error operator()(const fail_import& x) {
    if (now.phase != run_phase::copying)
      return caf::none;
    planner plan{to};
    plan.close(run_result::failed, x.code, x.message);
    plan.advance();
    return caf::none;
  }

  caf::error operator()(const refuse_budget& x) {
    if (!waits_for_place(now))
      return caf::none;
    planner plan{to};
    plan.emit(budget_refused{clip(x.message)});
    plan.close(run_result::failed, x.code, x.message);
    plan.advance();
    return caf::none;
  }

  caf::error operator()(const intend_effect& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    if (must_stop(now, x.activation))
      return make_error(ec::cancelled, now.phase == run_phase::closing
                                         ? "the run is ending: " + now.message
                                         : "the step has to end");
    auto* there = find_activation(now, x.activation);
    if (auto* known = find_effect(*there, x.effect)) {
      // An open effect is this worker's own: whose token it was before has lost
      // it. It asks again because it did not hear the answer.
      if (known->phase == effect_phase::done
          || known->phase == effect_phase::open)
        return caf::none;
      if (known->phase != effect_phase::lost)
        return make_error(ec::conflict,
                          "effect " + x.effect + " has failed already");
    }
    if (now.paused)
      return make_error(ec::paused,
                        "the run pauses; its steps go on when it does");
    if (auto err = check_intent(*there, x))
      return err;
    if (auto err = check_guard(now, *there, x))
      return err;
    if (auto err = check_budget(now, *there, x))
      return err;
    return just(effect_intended{
      x.effect, x.activation, x.token, x.kind, clip(x.subject, max_row_text),
      clip(x.detail), x.idempotent, x.lease, x.guard, x.decision, x.call});
  }

  caf::error operator()(const finish_effect& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    auto* there = find_activation(now, x.activation);
    auto* known = find_effect(*there, x.effect);
    if (known == nullptr)
      return make_error(ec::conflict,
                        "effect " + x.effect + " ended before it was intended");
    if (known->phase != effect_phase::open)
      return caf::none;
    if (auto err = costs::check_amount("a cost", x.cost))
      return err;
    if (!x.result)
      return just(effect_failed{x.effect, x.token, x.code, clip(x.message),
                                x.cost, x.usage});
    auto content = to_bytes(*x.result);
    auto hash = store::hash_blob(content);
    to.keep(std::move(content));
    auto code = x.code.empty() ? std::nullopt : std::optional{x.code};
    return just(effect_done{x.effect, x.token, std::move(hash), clip(x.message),
                            x.cost, x.usage, std::move(code), x.tree});
  }

  caf::error operator()(const finish_prepare& x) {
    if (auto err = check("@prepare", x.token))
      return err;
    planner plan{to};
    plan.emit(workspace_opened{x.directory, x.branch, x.base});
    go_on(plan, retry_of_origin());
    return caf::none;
  }

  caf::error operator()(const finish_attempt& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    if (auto err = check_is_step(x.activation))
      return err;
    planner plan{to};
    lose_open_effects(plan, x.activation);
    if (auto err = check_value("its output", x.output))
      plan.fail(x.activation, to_string(code_of(err)), message_of(err), {},
                x.commit);
    else
      plan.emit(step_done{x.activation, x.output, x.commit, x.tree});
    plan.advance();
    return caf::none;
  }

  caf::error operator()(const fail_attempt& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    planner plan{to};
    return fail(plan, x);
  }

  caf::error operator()(const attempt_is_stopped& x) {
    if (check(x.activation, x.token))
      return caf::none;
    planner plan{to};
    return fail(plan, {.activation = x.activation,
                       .token = x.token,
                       .code = to_string(ec::unavailable),
                       .message = "its worker stopped unasked",
                       .output = {},
                       .commit = std::nullopt,
                       .retry_after = std::nullopt});
  }

  caf::error operator()(const attempt_is_suspended& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    planner plan{to};
    if (must_stop(now, x.activation))
      return stop(plan, x.activation, x.token);
    auto& there = *find_activation(now, x.activation);
    auto loop = find_loop(now, there);
    if (loop && !has_doubtful_effects(there))
      ask_about_loop(plan, there, *loop);
    else
      lose_worker(plan, there, "The worker of step " + there.step + " paused");
    plan.advance();
    return caf::none;
  }

  caf::error operator()(const attempt_is_lost& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    // Whoever stops the attempts says what became of this one.
    if (must_stop(now, x.activation))
      return caf::none;
    auto* there = find_activation(now, x.activation);
    planner plan{to};
    lose_worker(plan, *there,
                "The worker of step " + there->step + " was lost");
    plan.advance();
    return caf::none;
  }

  caf::error operator()(const finish_publish& x) {
    if (auto err = check("@publish", x.token))
      return err;
    planner plan{to};
    auto patch = to_bytes(clip(x.patch, max_patch_bytes));
    plan.emit(work_published{x.branch, x.base, x.commit,
                             store::hash_blob(patch), x.files_changed,
                             x.lines_added, x.lines_removed});
    plan.advance();
    plan.keep(std::move(patch));
    return caf::none;
  }

  caf::error operator()(const answer_interrupt& x) {
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
      return make_error(
        ec::conflict, there->phase == interrupt_phase::answered
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

  caf::error operator()(const cancel_run& x) {
    auto leave = x.mode == cancel_mode::leave;
    switch (now.phase) {
      case run_phase::absent:
        return make_error(ec::not_found, "there is no run " + ctx.key.id);
      case run_phase::closing:
      case run_phase::undoing:
        if (!leave || now.leave_done)
          return caf::none;
        break;
      case run_phase::publishing:
      case run_phase::ended: return caf::none;
      default: break;
    }
    planner plan{to};
    auto reason = clip(x.reason.empty() ? "cancelled by " + x.by : x.reason);
    plan.emit(cancel_requested{x.by, reason, leave});
    plan.close(run_result::cancelled, to_string(ec::cancelled), reason);
    if (now.phase == run_phase::undoing) {
      std::vector<std::string> open;
      for (auto& [id, block] : now.blocks)
        if (block.name == undo_block && !block.stopping)
          open.push_back(id);
      for (auto& id : open)
        plan.stop_block(id, to_string(ec::cancelled), reason);
    }
    plan.advance();
    return caf::none;
  }

  caf::error operator()(const pause_run& x) {
    if (now.phase == run_phase::absent)
      return make_error(ec::not_found, "there is no run " + ctx.key.id);
    if (now.phase != run_phase::running)
      return make_error(ec::conflict,
                        "run " + ctx.key.id + " is "
                          + std::string{wire::to_name(now.phase)}
                          + "; only a run that is running can pause");
    if (now.paused)
      return caf::none;
    return just(run_paused{x.by, clip(x.reason)});
  }

  caf::error operator()(const resume_run& x) {
    if (now.phase == run_phase::absent)
      return make_error(ec::not_found, "there is no run " + ctx.key.id);
    if (!now.paused)
      return caf::none;
    planner plan{to};
    plan.emit(run_resumed{x.by});
    go_on(plan);
    return caf::none;
  }

  caf::error operator()(const signal_run& x) {
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

  caf::error operator()(const child_is_over& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    planner plan{to};
    plan.emit(child_ended{x.activation, x.run, x.spent, x.bill});
    if (x.result == run_result::done) {
      if (auto err = check_value("its output", x.output))
        plan.fail(x.activation, to_string(code_of(err)), message_of(err));
      else
        plan.emit(step_done{x.activation, x.output, std::nullopt});
      plan.advance();
      return caf::none;
    }
    return fail(plan, {.activation = x.activation,
                       .token = x.token,
                       .code = x.code,
                       .message = "run " + x.run + ": " + x.message,
                       .output = {},
                       .commit = std::nullopt,
                       .retry_after = std::nullopt});
  }

  caf::error operator()(const parent_is_told&) {
    if (!now.books_closed || now.parent_told)
      return caf::none;
    return just(orchestrator::parent_told{});
  }

  caf::error operator()(const schedule_is_told&) {
    if (!now.books_closed || !now.created.schedule || now.schedule_told)
      return caf::none;
    return just(orchestrator::schedule_told{});
  }

  caf::error operator()(const charges_are_posted& x) {
    if (now.outbox.empty() || x.up_to < now.outbox.front().number)
      return caf::none;
    return just(charges_posted{std::min(x.up_to, now.last_charge)});
  }

  caf::error operator()(const books_are_closed&) {
    if (now.phase != run_phase::ended || now.books_closed)
      return caf::none;
    return just(books_closed{now.created.parent || now.created.schedule});
  }

  caf::error operator()(const archive_run& x) {
    if (auto err = check_over(now, ctx.key.id, "archived"))
      return err;
    return now.archived ? caf::error{} : just(run_archived{x.by});
  }

  caf::error operator()(const unarchive_run& x) {
    if (now.phase == run_phase::absent)
      return make_error(ec::not_found, "there is no run " + ctx.key.id);
    return now.archived ? just(run_unarchived{x.by}) : caf::error{};
  }

  caf::error operator()(const wake_run&) {
    planner plan{to};
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

private:
  /// Makes the workspace, if there is to be one, or begins at once.
  void begin(planner& plan) {
    if (now.phase == run_phase::preparing)
      plan.emit(attempt_started{
        "@prepare", attempt_kind::prepare, 1, now.last_token + 1, {}});
    else if (now.phase == run_phase::running)
      go_on(plan, retry_of_origin());
  }

  std::optional<std::string> retry_of_origin() const {
    auto& origin = now.created.origin;
    return origin ? origin->retry : std::nullopt;
  }

  /// Hands out what waits for the run to go on, and does what follows.
  /// @param again Of that, what begins another attempt.
  void go_on(planner& plan,
             const std::optional<std::string>& again = std::nullopt) {
    std::vector<std::string> suspended;
    for (auto& [id, there] : now.activations)
      if (there.phase == activation_phase::suspended)
        suspended.push_back(id);
    for (auto& id : suspended)
      if (again == id)
        plan.retry(id);
      else
        plan.hand_over(id);
    plan.advance();
  }

  caf::error just(run_event what) {
    to.emit(std::move(what));
    return caf::none;
  }

  /// Whether all is there that has happened. What people say before that would
  /// stand in the middle of it.
  caf::error check_history() const {
    if (now.phase != run_phase::copying
        && (!now.created.origin || !waits_for_place(now)))
      return caf::none;
    return make_error(ec::unavailable,
                      "run " + ctx.key.id + " has not read the history of run "
                        + now.created.origin->run
                        + " yet, which it goes on from; try again in a moment");
  }

  /// Whether *token* is that of the live attempt of *id*.
  caf::error check(const std::string& id, uint64_t token) const {
    return check_token(now, ctx.key.id, id, token);
  }

  /// An attempt that had to stop has done so.
  static caf::error stop(planner& plan, const std::string& activation,
                         uint64_t token) {
    lose_open_effects(plan, activation);
    plan.emit(attempt_stopped{activation, token});
    plan.advance();
    return caf::none;
  }

  caf::error fail(planner& plan, const fail_attempt& x) {
    if (must_stop(now, x.activation))
      return stop(plan, x.activation, x.token);
    auto& there = *find_activation(now, x.activation);
    if (has_doubtful_effects(there)) {
      lose_worker(plan, there,
                  "Step " + there.step + " ended (" + clip(x.message, 500)
                    + ")");
      plan.advance();
      return caf::none;
    }
    lose_open_effects(plan, x.activation);
    std::optional<duration> pause;
    if (auto* what = find_step(now, there.step))
      pause = next_retry(what->retry, there.attempt, x.code, ctx.random);
    else if (there.kind == attempt_kind::publish)
      pause = next_retry({.max = 3}, there.attempt, x.code, ctx.random);
    if (pause && x.retry_after)
      pause = std::max(*pause, std::min(*x.retry_after, max_retry_after));
    std::optional<timestamp> retry_at;
    if (pause)
      retry_at = ctx.now + *pause;
    plan.emit(
      attempt_failed{x.activation, x.token, x.code, clip(x.message), retry_at});
    if (!pause)
      plan.fail(x.activation, x.code, x.message,
                check_value("its output", x.output) ? json_text{} : x.output,
                x.commit);
    plan.advance();
    return caf::none;
  }

  caf::error check_signal(const signal_run& x) const {
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
    for (auto& y : now.definition.steps)
      if (auto* wait = std::get_if<wait_step>(&y.action);
          wait && wait->signal) {
        known.insert(*wait->signal);
        if (*wait->signal == x.name)
          wanted = wait;
      }
    if (wanted == nullptr) {
      std::string list;
      for (auto& name : known)
        list += (list.empty() ? "" : ", ") + name;
      return make_error(ec::not_found,
                        "workflow " + now.definition.name
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

  /// The step that has waited longest for the signal *name*; null if none does.
  const activation* first_waiting(const std::string& name) const {
    const activation* result = nullptr;
    for (auto& [id, there] : now.activations)
      if (there.phase == activation_phase::waiting && there.signal == name
          && (result == nullptr || there.number < result->number))
        result = &there;
    return result;
  }

  /// A time that *there* has waited for has come.
  void pass_time(planner& plan, const activation& there) {
    auto id = there.id;
    if (there.deadline && *there.deadline <= ctx.now)
      plan.stop_step(id, to_string(ec::timeout),
                     "it did not end within its time");
    else if (there.retry_at && *there.retry_at <= ctx.now)
      plan.retry(id);
    else if (there.phase == activation_phase::waiting)
      end_waiting(plan, there);
  }

  void end_waiting(planner& plan, const activation& there) {
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

  static void pass_deadline(planner& plan, const interrupt& x) {
    if (x.default_answer) {
      plan.emit(interrupt_answered{x.id, *x.default_answer, "deadline"});
      act_on_answer(plan, x, *x.default_answer);
    } else {
      plan.fail(x.activation, to_string(ec::timeout),
                "nobody answered before the deadline");
    }
  }
};

} // namespace

caf::error run::decide(entity::draft<run>& to, const command& what) {
  return std::visit(decider{to}, what);
}

} // namespace machine::orchestrator

#include "actors/costs/money.hpp"
#include "actors/orchestrator/run/admit.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/planner.hpp"
#include "actors/orchestrator/run/recover.hpp"
#include "actors/orchestrator/run/retry.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

using decided = caf::expected<entity::decision<run_event>>;

decided nothing() {
  return entity::decision<run_event>{};
}

decided just(run_event what) {
  entity::decision<run_event> result;
  result.events.push_back(std::move(what));
  return result;
}

/// Decides one command against *now*.
struct decider {
  const run_state& now;
  const entity::context& ctx;

  decided operator()(const create_run& x) {
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

  decided operator()(const grant_budget& x) {
    // It may be that nobody gives back what was set aside so late.
    if (now.phase == run_phase::ended && now.outbox.empty())
      return make_error(ec::cancelled,
                        "run " + ctx.key.id + " has ended and needs no budget");
    if (now.phase != run_phase::waiting_budget)
      return nothing();
    planner plan{now, ctx};
    plan.emit(budget_granted{x.amount});
    if (plan.now().phase == run_phase::preparing)
      plan.emit(attempt_started{
        "@prepare", attempt_kind::prepare, 1, now.last_token + 1, {}});
    plan.advance();
    return done(plan);
  }

  decided operator()(const refuse_budget& x) {
    if (now.phase != run_phase::waiting_budget)
      return nothing();
    planner plan{now, ctx};
    plan.emit(budget_refused{clip(x.message)});
    plan.close(run_result::failed, x.code, x.message);
    plan.advance();
    return done(plan);
  }

  decided operator()(const intend_effect& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    if (now.phase == run_phase::closing)
      return make_error(ec::cancelled, "the run is ending: " + now.message);
    auto* there = find_activation(now, x.activation);
    if (auto* known = find_effect(*there, x.effect)) {
      // An open effect is this worker's own: whose token it was before has lost
      // it. It asks again because it did not hear the answer.
      if (known->phase == effect_phase::done
          || known->phase == effect_phase::open)
        return nothing();
      if (known->phase != effect_phase::lost)
        return make_error(ec::conflict,
                          "effect " + x.effect + " has failed already");
    }
    if (auto err = check_intent(*there, x))
      return err;
    if (auto err = check_budget(now, *there, x))
      return err;
    return just(effect_intended{x.effect, x.activation, x.token, x.kind,
                                clip(x.subject, max_row_text), clip(x.detail),
                                x.idempotent, x.lease, x.guard, x.decision});
  }

  decided operator()(const finish_effect& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    auto* there = find_activation(now, x.activation);
    auto* known = find_effect(*there, x.effect);
    if (known == nullptr)
      return make_error(ec::conflict,
                        "effect " + x.effect + " ended before it was intended");
    if (known->phase != effect_phase::open)
      return nothing();
    if (auto err = costs::check_amount("a cost", x.cost))
      return err;
    if (!x.result)
      return just(effect_failed{x.effect, x.token, x.code, clip(x.message),
                                x.cost, x.usage});
    entity::decision<run_event> result;
    auto content = to_bytes(*x.result);
    result.events.push_back(effect_done{x.effect, x.token,
                                        store::hash_blob(content),
                                        clip(x.message), x.cost, x.usage});
    result.blobs.push_back(std::move(content));
    return result;
  }

  decided operator()(const finish_prepare& x) {
    if (auto err = check("@prepare", x.token))
      return err;
    planner plan{now, ctx};
    plan.emit(workspace_opened{x.directory, x.branch, x.base});
    plan.advance();
    return done(plan);
  }

  decided operator()(const finish_attempt& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    if (auto err = check_is_step(x.activation))
      return err;
    planner plan{now, ctx};
    lose_open_effects(plan, x.activation);
    if (auto err = check_value("its output", x.output))
      plan.fail_step(x.activation, to_string(code_of(err)), message_of(err), {},
                     x.commit);
    else
      plan.emit(step_done{x.activation, x.output, x.commit});
    plan.advance();
    return done(plan);
  }

  decided operator()(const fail_attempt& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    auto* there = find_activation(now, x.activation);
    planner plan{now, ctx};
    if (now.phase == run_phase::closing) {
      lose_open_effects(plan, x.activation);
      plan.emit(attempt_stopped{x.activation, x.token});
      plan.advance();
      return done(plan);
    }
    if (has_doubtful_effects(*there)) {
      lose_worker(plan, *there,
                  "Step " + there->step + " ended (" + clip(x.message, 500)
                    + ")");
      plan.advance();
      return done(plan);
    }
    lose_open_effects(plan, x.activation);
    std::optional<duration> pause;
    if (auto* what = find_step(now, there->step))
      pause = next_retry(what->retry, there->attempt, x.code, ctx.random);
    else if (there->kind == attempt_kind::publish)
      pause = next_retry({.max = 3}, there->attempt, x.code, ctx.random);
    if (pause && x.retry_after)
      pause = std::max(*pause, std::min(*x.retry_after, max_retry_after));
    std::optional<timestamp> retry_at;
    if (pause)
      retry_at = ctx.now + *pause;
    plan.emit(
      attempt_failed{x.activation, x.token, x.code, clip(x.message), retry_at});
    if (!pause)
      plan.fail_step(
        x.activation, x.code, x.message,
        check_value("its output", x.output) ? json_text{} : x.output, x.commit);
    plan.advance();
    return done(plan);
  }

  decided operator()(const attempt_is_stopped& x) {
    if (check(x.activation, x.token))
      return nothing();
    if (now.phase != run_phase::closing)
      return (*this)(fail_attempt{x.activation,
                                  x.token,
                                  to_string(ec::unavailable),
                                  "its worker stopped unasked",
                                  {},
                                  std::nullopt,
                                  std::nullopt});
    planner plan{now, ctx};
    lose_open_effects(plan, x.activation);
    plan.emit(attempt_stopped{x.activation, x.token});
    plan.advance();
    return done(plan);
  }

  decided operator()(const attempt_is_lost& x) {
    if (auto err = check(x.activation, x.token))
      return err;
    // Whoever stops the attempts says what became of this one.
    if (now.phase == run_phase::closing)
      return nothing();
    auto* there = find_activation(now, x.activation);
    planner plan{now, ctx};
    lose_worker(plan, *there,
                "The worker of step " + there->step + " was lost");
    plan.advance();
    return done(plan);
  }

  decided operator()(const finish_publish& x) {
    if (auto err = check("@publish", x.token))
      return err;
    planner plan{now, ctx};
    auto patch = to_bytes(clip(x.patch, max_patch_bytes));
    plan.emit(work_published{x.branch, x.base, x.commit,
                             store::hash_blob(patch), x.files_changed,
                             x.lines_added, x.lines_removed});
    plan.advance();
    auto result = done(plan);
    result->blobs.push_back(std::move(patch));
    return result;
  }

  decided operator()(const answer_interrupt& x) {
    if (now.phase == run_phase::absent)
      return make_error(ec::not_found, "there is no run " + ctx.key.id);
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
    planner plan{now, ctx};
    plan.emit(interrupt_answered{x.interrupt, x.answer, x.by});
    auto blobs = act_on_answer(plan, *there, x.answer);
    plan.advance();
    auto result = done(plan);
    result->blobs = std::move(blobs);
    return result;
  }

  decided operator()(const cancel_run& x) {
    switch (now.phase) {
      case run_phase::absent:
        return make_error(ec::not_found, "there is no run " + ctx.key.id);
      case run_phase::closing:
      case run_phase::publishing:
      case run_phase::ended: return nothing();
      default: break;
    }
    if (now.cancelling)
      return nothing();
    planner plan{now, ctx};
    auto reason = clip(x.reason.empty() ? "cancelled by " + x.by : x.reason);
    plan.emit(cancel_requested{x.by, reason});
    plan.close(run_result::cancelled, to_string(ec::cancelled), reason);
    plan.advance();
    return done(plan);
  }

  decided operator()(const charges_are_posted& x) {
    if (now.outbox.empty() || x.up_to < now.outbox.front().number)
      return nothing();
    return just(charges_posted{std::min(x.up_to, now.last_charge)});
  }

  decided operator()(const books_are_closed&) {
    if (now.phase != run_phase::ended || now.books_closed)
      return nothing();
    return just(books_closed{});
  }

  decided operator()(const wake_run&) {
    if (now.phase != run_phase::running && now.phase != run_phase::publishing)
      return nothing();
    planner plan{now, ctx};
    for (auto& x : now.activations)
      if (x.retry_at && *x.retry_at <= ctx.now)
        plan.start_attempt(x.id, planner::reason::next_attempt);
    // The first that nobody answered may end the run, and withdraw the others.
    for (auto& x : now.interrupts)
      if (x.phase == interrupt_phase::open && x.deadline
          && *x.deadline <= ctx.now && plan.now().phase == run_phase::running)
        pass_deadline(plan, x);
    plan.advance();
    return done(plan);
  }

private:
  static decided done(planner& plan) {
    entity::decision<run_event> result;
    result.events = plan.take();
    return result;
  }

  /// Whether *token* is that of the live attempt of *id*.
  caf::error check(const std::string& id, uint64_t token) const {
    return check_token(now, ctx.key.id, id, token);
  }

  void pass_deadline(planner& plan, const interrupt& x) {
    if (x.default_answer) {
      plan.emit(interrupt_answered{x.id, *x.default_answer, "deadline"});
      act_on_answer(plan, x, *x.default_answer);
    } else {
      plan.emit(interrupt_withdrawn{x.id});
      plan.fail_step(x.activation, to_string(ec::timeout),
                     "nobody answered before the deadline");
    }
  }
};

} // namespace

decided run::decide(const state& now, const command& what,
                    const entity::context& ctx) {
  return std::visit(decider{now, ctx}, what);
}

} // namespace machine::orchestrator

#include "actors/costs/money.hpp"
#include "actors/orchestrator/run/admit.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/decider.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/loops.hpp"
#include "actors/orchestrator/run/recover.hpp"
#include "actors/orchestrator/run/retry.hpp"
#include "runtime/store/store.hpp"

#include <algorithm>

namespace machine::orchestrator {

caf::error decider::operator()(const intend_effect& x) {
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
  return just(effect_intended{x.effect, x.activation, x.token, x.kind,
                              clip(x.subject, max_row_text), clip(x.detail),
                              x.idempotent, x.lease, x.guard, x.decision,
                              x.call, x.provider, x.agent});
}

caf::error decider::operator()(const finish_effect& x) {
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

caf::error decider::operator()(const finish_prepare& x) {
  if (auto err = check("@prepare", x.token))
    return err;
  planner plan{to};
  plan.emit(workspace_opened{x.directory, x.branch, x.base});
  go_on(plan, retry_of_origin());
  return caf::none;
}

caf::error decider::operator()(const finish_attempt& x) {
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

caf::error decider::operator()(const fail_attempt& x) {
  if (auto err = check(x.activation, x.token))
    return err;
  planner plan{to};
  return fail(plan, x);
}

caf::error decider::operator()(const attempt_is_stopped& x) {
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

caf::error decider::operator()(const attempt_is_suspended& x) {
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

caf::error decider::operator()(const attempt_is_lost& x) {
  if (auto err = check(x.activation, x.token))
    return err;
  // Whoever stops the attempts says what became of this one.
  if (must_stop(now, x.activation))
    return caf::none;
  auto* there = find_activation(now, x.activation);
  planner plan{to};
  lose_worker(plan, *there, "The worker of step " + there->step + " was lost");
  plan.advance();
  return caf::none;
}

caf::error decider::operator()(const finish_publish& x) {
  if (auto err = check("@publish", x.token))
    return err;
  planner plan{to};
  auto patch = to_bytes(clip(x.patch, max_patch_bytes));
  plan.emit(work_published{x.branch, x.base, x.commit, store::hash_blob(patch),
                           x.files_changed, x.lines_added, x.lines_removed});
  plan.advance();
  plan.keep(std::move(patch));
  return caf::none;
}

caf::error decider::operator()(const child_is_over& x) {
  if (auto err = check(x.activation, x.token))
    return err;
  planner plan{to};
  plan.emit(child_ended{x.activation, x.run, x.spent, x.bill, x.commit});
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

caf::error decider::check(const std::string& id, uint64_t token) const {
  return check_token(now, ctx.key.id, id, token);
}

caf::error decider::stop(planner& plan, const std::string& activation,
                         uint64_t token) {
  lose_open_effects(plan, activation);
  plan.emit(attempt_stopped{activation, token});
  plan.advance();
  return caf::none;
}

caf::error decider::fail(planner& plan, const fail_attempt& x) {
  if (must_stop(now, x.activation))
    return stop(plan, x.activation, x.token);
  auto& there = *find_activation(now, x.activation);
  if (has_doubtful_effects(there)) {
    lose_worker(plan, there,
                "Step " + there.step + " ended (" + clip(x.message, 500) + ")");
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

} // namespace machine::orchestrator

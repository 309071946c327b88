#include "actors/orchestrator/run/applier.hpp"
#include "actors/orchestrator/run/find.hpp"

#include <algorithm>
#include <utility>

namespace machine::orchestrator {

namespace {

costs::call_end end_of(const effect_failed& x) {
  auto code = ec_from_string(x.code);
  return code == ec::cancelled       ? costs::call_end::cancelled
       : code == ec::budget_exceeded ? costs::call_end::cut
                                     : costs::call_end::failed;
}

} // namespace

void applier::operator()(const attempt_started& x) {
  draft.last_token = std::max(draft.last_token, x.token);
  auto* known = find_activation(draft, x.activation);
  // The machine's own work is no step of the workflow.
  auto& there = known ? *known : add(x.activation, x.activation);
  if (there.attempt != x.attempt) {
    there.journal.clear();
    there.hints.clear();
    there.attempt_at = at;
  }
  there.kind = x.kind;
  there.attempt = x.attempt;
  there.token = x.token;
  there.request = x.request;
  there.phase = activation_phase::running;
  there.retry_at.reset();
  there.until.reset();
  draft.live[x.activation] = x.token;
  retime(there);
  if (x.kind == attempt_kind::publish)
    draft.phase = run_phase::publishing;
}

void applier::operator()(const attempt_lost& x) {
  if (auto* there = live(x.activation, x.token))
    lay_down(*there);
}

void applier::operator()(const attempt_suspended& x) {
  if (auto* there = find_activation(draft, x.activation))
    there->phase = activation_phase::suspended;
}

void applier::operator()(const attempt_failed& x) {
  auto* there = x.token == 0 ? find_activation(draft, x.activation)
                             : live(x.activation, x.token);
  if (there == nullptr)
    return;
  lay_down(*there);
  there->until.reset();
  there->code = x.code;
  there->message = x.message;
  there->retry_at = x.retry_at;
  if (x.retry_at)
    there->phase = activation_phase::retrying;
  retime(*there);
}

void applier::operator()(const attempt_stopped& x) {
  auto* there = live(x.activation, x.token);
  if (there == nullptr)
    return;
  // What has to fail for a reason is told so next.
  if (there->stopping)
    lay_down(*there);
  else
    end(*there, activation_phase::stopped);
}

void applier::operator()(const effect_intended& x) {
  auto* there = find_activation(draft, x.activation);
  if (there == nullptr)
    return;
  auto* known = find_effect(*there, x.effect);
  if (known == nullptr)
    known = &there->journal.emplace_back();
  *known = {.effect = x.effect,
            .kind = x.kind,
            .subject = x.subject,
            .idempotent = x.idempotent,
            .phase = effect_phase::open,
            .lease = x.lease,
            .result = {},
            .guard = x.guard,
            .call = x.call,
            .provider = x.provider,
            .agent = x.agent,
            .intended_at = at};
  draft.leased += x.lease;
}

void applier::operator()(const effect_done& x) {
  if (auto* known =
        settle(x.effect, x.cost, x.usage, costs::call_end::answered)) {
    known->phase = effect_phase::done;
    known->result = x.result;
    note_effect(*find_activation(draft, owner_of_effect(x.effect)), *known, x);
  }
}

void applier::operator()(const effect_failed& x) {
  if (auto* known = settle(x.effect, x.cost, x.usage, end_of(x)))
    known->phase = effect_phase::failed;
}

void applier::operator()(const effect_lost& x) {
  if (auto* known =
        settle(x.effect, x.cost, std::nullopt, costs::call_end::lost))
    known->phase = effect_phase::lost;
}

void applier::operator()(const child_started& x) {
  if (auto* there = find_activation(draft, x.activation)) {
    there->child = x.run;
    there->child_lease = x.budget;
    draft.leased += x.budget;
    ++draft.children;
  }
}

void applier::operator()(const child_ended& x) {
  auto* there = find_activation(draft, x.activation);
  if (there == nullptr || there->child != x.run)
    return;
  draft.leased -= there->child_lease;
  there->child_lease = 0;
  there->child.reset();
  note_checkpoint(x.commit);
  draft.spent_by_children += x.spent;
  spend(*there, x.spent);
  for (auto& row : x.bill)
    add_to_bill(row);
}

std::string_view applier::owner_of_effect(std::string_view effect) {
  return effect.substr(0, effect.rfind('#'));
}

effect_record* applier::settle(const std::string& effect, micro_usd cost,
                               const std::optional<models::token_usage>& usage,
                               costs::call_end how) {
  auto* there = find_activation(draft, owner_of_effect(effect));
  auto* known = there == nullptr ? nullptr : find_effect(*there, effect);
  if (known == nullptr || known->phase != effect_phase::open)
    return nullptr;
  auto lease = std::exchange(known->lease, 0);
  draft.leased -= lease;
  if (known->kind != effect_kind::model)
    return known;
  spend(*there, cost);
  add_to_bill({.model = known->subject,
               .calls = 1,
               .usage = usage.value_or(models::token_usage{}),
               .cost = cost});
  duration took{0};
  if (how != costs::call_end::lost && known->intended_at)
    took = std::max(duration{0},
                    std::chrono::floor<duration>(at - *known->intended_at));
  if (cost > 0)
    draft.outbox.push_back({.number = ++draft.last_charge,
                            .at = at,
                            .effect = effect,
                            .model = known->subject,
                            .usage = usage,
                            .cost = cost,
                            .provider = known->provider.value_or(""),
                            .agent = known->agent.value_or(""),
                            .lease = lease,
                            .end = how,
                            .took = took});
  return known;
}

} // namespace machine::orchestrator

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <limits>

namespace machine::orchestrator {

namespace {

/// Makes one event part of the state. Every member is total: what an event
/// refers to and is not there is left alone.
struct applier {
  run_state& draft;
  timestamp at;

  void operator()(const run_created& x) {
    draft.phase = run_phase::waiting_budget;
    draft.created = x;
    draft.created_at = at;
    if (auto graph = wire::from_json<workflow>(x.workflow.text))
      draft.definition = std::move(*graph);
    draft.vars = draft.definition.vars;
    // The definition has it all; once is enough.
    draft.created.workflow = {};
  }

  void operator()(const budget_granted&) {
    draft.phase =
      draft.created.repository ? run_phase::preparing : run_phase::running;
  }

  void operator()(const budget_refused& x) {
    draft.message = x.message;
  }

  void operator()(const workspace_opened& x) {
    draft.directory = x.directory;
    draft.branch = x.branch;
    draft.base = x.base;
    if (draft.phase == run_phase::preparing)
      draft.phase = run_phase::running;
    if (auto* there = find_activation(draft, "@prepare"))
      end(*there, activation_phase::done);
  }

  void operator()(const step_started& x) {
    draft.activations.push_back({.id = x.activation,
                                 .step = x.step,
                                 .iteration = x.iteration,
                                 .started_at = at});
  }

  void operator()(const step_skipped& x) {
    draft.activations.push_back({.id = x.activation,
                                 .step = x.step,
                                 .iteration = x.iteration,
                                 .phase = activation_phase::skipped,
                                 .message = x.reason,
                                 .started_at = at,
                                 .ended_at = at});
  }

  void operator()(const attempt_started& x) {
    draft.last_token = std::max(draft.last_token, x.token);
    auto* there = find_activation(draft, x.activation);
    if (there == nullptr) {
      // The machine's own work, which is no step of the workflow.
      draft.activations.push_back(
        {.id = x.activation, .step = x.activation, .started_at = at});
      there = &draft.activations.back();
    }
    if (there->attempt != x.attempt)
      there->journal.clear();
    there->kind = x.kind;
    there->attempt = x.attempt;
    there->token = x.token;
    there->request = x.request;
    there->phase = activation_phase::running;
    there->retry_at.reset();
    if (x.kind == attempt_kind::publish)
      draft.phase = run_phase::publishing;
  }

  void operator()(const attempt_lost& x) {
    if (auto* there = live(x.activation, x.token))
      there->token = 0;
  }

  void operator()(const attempt_failed& x) {
    auto* there = live(x.activation, x.token);
    if (there == nullptr)
      return;
    there->token = 0;
    there->code = x.code;
    there->message = x.message;
    there->retry_at = x.retry_at;
    if (x.retry_at)
      there->phase = activation_phase::retrying;
  }

  void operator()(const attempt_stopped& x) {
    if (auto* there = live(x.activation, x.token)) {
      end(*there, activation_phase::stopped);
    }
  }

  void operator()(const effect_intended& x) {
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
              .guard = x.guard};
    draft.leased += x.lease;
  }

  void operator()(const effect_done& x) {
    if (auto* known = settle(x.effect, x.cost, x.usage)) {
      known->phase = effect_phase::done;
      known->result = x.result;
    }
  }

  void operator()(const effect_failed& x) {
    if (auto* known = settle(x.effect, x.cost, x.usage))
      known->phase = effect_phase::failed;
  }

  void operator()(const effect_lost& x) {
    if (auto* known = settle(x.effect, x.cost, std::nullopt))
      known->phase = effect_phase::lost;
  }

  void operator()(const step_done& x) {
    if (auto* there = find_activation(draft, x.activation)) {
      there->output = x.output;
      there->commit = x.commit;
      there->code.clear();
      there->message.clear();
      end(*there, activation_phase::done);
    }
  }

  void operator()(const step_failed& x) {
    if (auto* there = find_activation(draft, x.activation)) {
      there->output = x.output;
      there->commit = x.commit;
      there->code = x.code;
      there->message = x.message;
      end(*there, activation_phase::failed);
    }
  }

  void operator()(const round_started& x) {
    auto* there = find_activation(draft, x.activation);
    if (there == nullptr)
      return;
    there->rounds = x.iteration;
    // Nobody can refer to earlier rounds any more.
    auto id = there->id;
    auto prefix = id + "[";
    for (auto& other : draft.activations)
      if (other.id.starts_with(prefix))
        other.output = {};
    if (draft.activations.size() > max_kept) {
      micro_usd spent = 0;
      std::erase_if(draft.activations, [&](const activation& other) {
        auto ended = other.id.starts_with(prefix);
        spent += ended ? other.spent : 0;
        return ended;
      });
      if (auto* block = find_activation(draft, id))
        block->spent += spent;
    }
    if (draft.interrupts.size() > max_kept)
      std::erase_if(draft.interrupts, [&](const interrupt& other) {
        return other.phase != interrupt_phase::open
            && other.activation.starts_with(prefix);
      });
  }

  void operator()(const vars_changed& x) {
    for (auto& [name, value] : x.values)
      draft.vars[name] = value;
  }

  void operator()(const interrupt_opened& x) {
    draft.interrupts.push_back({.id = x.interrupt,
                                .activation = x.activation,
                                .question = x.question,
                                .schema = x.schema,
                                .assignee = x.assignee,
                                .deadline = x.deadline,
                                .default_answer = x.default_answer});
    if (auto* there = find_activation(draft, x.activation))
      there->phase = activation_phase::waiting;
  }

  void operator()(const interrupt_answered& x) {
    if (auto* there = find_interrupt(draft, x.interrupt)) {
      there->phase = interrupt_phase::answered;
      there->answer = x.answer;
      there->by = x.by;
    }
  }

  void operator()(const interrupt_withdrawn& x) {
    if (auto* there = find_interrupt(draft, x.interrupt))
      there->phase = interrupt_phase::withdrawn;
  }

  void operator()(const cancel_requested& x) {
    draft.cancelling = true;
    draft.message = x.reason;
  }

  void operator()(const run_closing& x) {
    draft.phase = run_phase::closing;
    draft.result = x.result;
    draft.code = x.code;
    draft.message = x.message;
    draft.output = x.output;
    for (auto& there : draft.activations)
      if (!has_ended(there) && there.token == 0)
        end(there, activation_phase::stopped);
  }

  void operator()(const work_published& x) {
    draft.published = {.branch = x.branch,
                       .base = x.base,
                       .commit = x.commit,
                       .diff = x.diff,
                       .files_changed = x.files_changed,
                       .lines_added = x.lines_added,
                       .lines_removed = x.lines_removed};
    if (auto* there = find_activation(draft, "@publish"))
      end(*there, activation_phase::done);
  }

  void operator()(const run_ended& x) {
    draft.phase = run_phase::ended;
    draft.result = x.result;
    draft.code = x.code;
    draft.message = x.message;
    draft.output = x.output;
    draft.ended_at = at;
    for (auto& there : draft.activations)
      if (!has_ended(there))
        end(there, activation_phase::stopped);
  }

  void operator()(const charges_posted& x) {
    std::erase_if(draft.outbox,
                  [&](const charge& y) { return y.number <= x.up_to; });
  }

  void operator()(const books_closed&) {
    draft.books_closed = true;
  }

private:
  activation* live(const std::string& id, uint64_t token) {
    auto* there = find_activation(draft, id);
    return there != nullptr && token != 0 && there->token == token ? there
                                                                   : nullptr;
  }

  void end(activation& there, activation_phase phase) {
    there.phase = phase;
    there.token = 0;
    there.retry_at.reset();
    there.ended_at = at;
    there.journal.clear();
    there.journal.shrink_to_fit();
    there.request = {};
  }

  /// Returns the lease of an open effect and books what it cost.
  effect_record* settle(const std::string& effect, micro_usd cost,
                        const std::optional<models::token_usage>& usage) {
    auto owner = std::string_view{effect}.substr(0, effect.rfind('#'));
    auto* there = find_activation(draft, owner);
    auto* known = there == nullptr ? nullptr : find_effect(*there, effect);
    if (known == nullptr || known->phase != effect_phase::open)
      return nullptr;
    draft.leased -= known->lease;
    known->lease = 0;
    if (known->kind != effect_kind::model)
      return known;
    there->spent += cost;
    if (cost != 0)
      draft.spent_by_step[there->step] += cost;
    draft.spent += cost;
    auto row = std::find_if(draft.bill.begin(), draft.bill.end(),
                            [&](auto& x) { return x.model == known->subject; });
    if (row == draft.bill.end())
      row = draft.bill.insert(row, {.model = known->subject});
    ++row->calls;
    row->cost += cost;
    if (usage) {
      row->usage.input += usage->input;
      row->usage.cached += usage->cached;
      row->usage.output += usage->output;
    }
    if (cost > 0)
      draft.outbox.push_back({.number = ++draft.last_charge,
                              .at = at,
                              .effect = effect,
                              .model = known->subject,
                              .usage = usage,
                              .cost = cost});
    return known;
  }
};

} // namespace

void run::apply(state& draft, const event& what, timestamp at) {
  std::visit(applier{draft, at}, what);
}

} // namespace machine::orchestrator

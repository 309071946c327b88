#include "actors/orchestrator/run/summary.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// What an operator has to look at, whatever else goes on; null if nothing.
const interrupt* find_doubt(const run_state& now) {
  auto i = std::find_if(
    now.interrupts.begin(), now.interrupts.end(), [](const interrupt& x) {
      return x.phase == interrupt_phase::open && is_reconciliation(x);
    });
  return i == now.interrupts.end() ? nullptr : &*i;
}

std::string state_name(const run_state& now, uint32_t open_interrupts) {
  switch (now.phase) {
    case run_phase::absent: return "absent";
    case run_phase::waiting_budget: return "waiting_budget";
    case run_phase::preparing: return "preparing";
    case run_phase::running:
      if (find_doubt(now) != nullptr)
        return "needs_reconcile";
      return open_interrupts > 0 && !has_live_attempts(now) ? "waiting"
                                                            : "running";
    case run_phase::closing:
    case run_phase::publishing:
      return now.result == run_result::cancelled ? "cancelling" : "closing";
    case run_phase::ended: return std::string{wire::to_name(now.result)};
  }
  return "?";
}

} // namespace

run_summary summary_of(const run_state& now, const std::string& id) {
  run_summary row;
  row.id = id;
  row.title = clip(now.created.title, max_row_text);
  row.project = now.created.project;
  row.task = now.created.task;
  row.workflow = now.created.workflow_name;
  row.budget = now.created.budget;
  row.spent = now.spent;
  row.leased = now.leased;
  row.created_at = now.created_at;
  row.ended_at = now.ended_at;
  if (!now.branch.empty())
    row.branch = now.branch;
  row.message = clip(now.message, max_row_text);
  for (auto& x : now.interrupts) {
    if (x.phase != interrupt_phase::open)
      continue;
    if (row.open_interrupts++ == 0)
      row.message = clip(x.question, max_row_text);
  }
  if (auto* doubt = find_doubt(now))
    row.message = clip(doubt->question, max_row_text);
  for (auto& x : now.activations)
    if (!x.step.starts_with('@')) {
      ++row.steps_total;
      row.steps_done += has_ended(x) ? 1 : 0;
    }
  for (auto& x : now.definition.steps)
    if (!x.parent && find_activation(now, x.id) == nullptr)
      ++row.steps_total;
  row.state = state_name(now, row.open_interrupts);
  return row;
}

} // namespace machine::orchestrator

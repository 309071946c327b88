#include "actors/orchestrator/run/summary.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"

namespace machine::orchestrator {

namespace {

/// What an operator has to look at, whatever else goes on; null if nothing.
const interrupt* find_doubt(const run_state& now) {
  const interrupt* result = nullptr;
  for (auto& [id, x] : now.interrupts)
    if (x.phase == interrupt_phase::open && is_reconciliation(x)
        && (result == nullptr || x.number < result->number))
      result = &x;
  return result;
}

std::string state_name(const run_state& now, uint32_t open_interrupts) {
  switch (now.phase) {
    case run_phase::absent: return "absent";
    case run_phase::waiting_budget: return "waiting_budget";
    case run_phase::queued: return "queued";
    case run_phase::copying:
    case run_phase::preparing: return "preparing";
    case run_phase::running:
      if (find_doubt(now) != nullptr)
        return "needs_reconcile";
      if (now.paused)
        return "paused";
      return open_interrupts > 0 && !has_live_attempts(now) ? "waiting"
                                                            : "running";
    case run_phase::undoing:
      if (find_doubt(now) != nullptr)
        return "needs_reconcile";
      [[fallthrough]];
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
  row.archived = now.archived;
  if (!now.branch.empty())
    row.branch = now.branch;
  row.message = clip(now.message, max_row_text);
  const interrupt* first = nullptr;
  for (auto& [name, x] : now.interrupts) {
    if (x.phase != interrupt_phase::open)
      continue;
    ++row.open_interrupts;
    if (first == nullptr || x.number < first->number)
      first = &x;
  }
  if (auto* doubt = find_doubt(now))
    first = doubt;
  if (first != nullptr)
    row.message = clip(first->question, max_row_text);
  row.steps_done = now.steps_ended;
  row.steps_total = now.steps_begun;
  if (now.phase < run_phase::closing)
    for (auto& x : now.definition->steps)
      if (!x.parent && find_activation(now, x.id) == nullptr)
        ++row.steps_total;
  row.state = state_name(now, row.open_interrupts);
  return row;
}

} // namespace machine::orchestrator

#include "actors/tracker/bounds.hpp"
#include "actors/tracker/change.hpp"
#include "actors/tracker/project.hpp"

namespace machine::tracker {

namespace {

/// Makes one event part of the state. Every member is total: what an event
/// refers to and is not there is left alone.
struct applier {
  project_state& draft;
  timestamp at;

  void operator()(const project_created& x) {
    draft.exists = true;
    draft.name = x.name;
    draft.budget = x.budget;
    draft.created_at = at;
  }

  void operator()(const project_budget_changed& x) {
    draft.budget = x.budget;
  }

  void operator()(const project_limit_changed& x) {
    draft.max_runs = x.max_runs;
  }

  void operator()(const run_enqueued& x) {
    auto [there, is_new] = draft.waiting.try_emplace(x.run);
    if (is_new)
      there->second = {.number = ++draft.last_waiting,
                       .priority = x.priority,
                       .amount = x.amount,
                       .since = at,
                       .refused = std::nullopt};
  }

  void operator()(const run_turned_away& x) {
    if (auto i = draft.waiting.find(x.run); i != draft.waiting.end())
      i->second.refused = run_refusal{x.code, x.message};
  }

  void operator()(const budget_leased& x) {
    auto waited = draft.waiting.erase(x.run) > 0;
    draft.leases[x.run] = {.amount = x.amount,
                           .spent = 0,
                           .booked = 0,
                           .from = x.from,
                           .waited = waited};
    if (x.from)
      if (auto i = draft.leases.find(*x.from); i != draft.leases.end())
        i->second.amount -= x.amount;
  }

  void operator()(const charge_booked& x) {
    draft.settled += x.cost;
    auto& lease = draft.leases[x.run];
    lease.spent += x.cost;
    lease.booked = x.number;
  }

  void operator()(const lease_closed& x) {
    draft.waiting.erase(x.run);
    auto gone = draft.leases.extract(x.run);
    if (!gone.empty() && gone.mapped().from) {
      give_back(gone.key(), gone.mapped());
      return;
    }
    draft.closed_runs.push_back(x.run);
    if (draft.closed_runs.size() > max_closed_runs)
      draft.closed_runs.erase(draft.closed_runs.begin());
  }

  void give_back(const std::string& run, const run_lease& lease) {
    auto i = draft.leases.find(*lease.from);
    if (i == draft.leases.end())
      return;
    i->second.amount += std::max<micro_usd>(lease.amount - lease.spent, 0);
    i->second.over.push_back(run);
  }

  void operator()(const task_created& x) {
    draft.tasks[x.task.id] = x.task;
    ++draft.last_task;
    draft.task_bytes += size_of(x.task);
  }

  void operator()(const task_edited& x) {
    if (auto i = draft.tasks.find(x.task); i != draft.tasks.end()) {
      draft.task_bytes -= size_of(i->second);
      change(i->second, x.edit);
      draft.task_bytes += size_of(i->second);
      i->second.updated_at = at;
    }
  }

  void operator()(const task_commented& x) {
    if (auto i = draft.tasks.find(x.task); i != draft.tasks.end()) {
      i->second.comments.push_back({at, x.author, x.text});
      draft.task_bytes += size_of_comment(x.author, x.text);
      i->second.updated_at = at;
    }
  }
};

} // namespace

void project::apply(state& draft, const event& what, timestamp at) {
  std::visit(applier{draft, at}, what);
}

} // namespace machine::tracker

#include "actors/orchestrator/run/find.hpp"
#include "actors/tracker/places.hpp"
#include "tests/sim/watch.hpp"

/// What must hold of a state, whatever made it.
namespace machine::sim {

using namespace orchestrator;

namespace {

/// What the effects and children of *x* have set aside.
micro_usd leased_by(const activation& x) {
  micro_usd result = x.child_lease;
  for (auto& effect : x.journal)
    result += effect.lease;
  return result;
}

void check_money(const std::string& id, const run_state& now) {
  // What it copies was the money of another.
  if (now.phase == run_phase::copying)
    return;
  auto say = [&] {
    return id + " has spent " + std::to_string(now.spent) + " and leased "
         + std::to_string(now.leased) + " of "
         + std::to_string(now.created.budget);
  };
  constexpr auto sums = "the parts of what was spent are the whole";
  require(now.leased >= 0 && now.spent >= 0
            && now.spent + now.leased <= now.created.budget,
          "a run keeps its budget", say);
  micro_usd spent = 0;
  micro_usd leased = 0;
  for (auto& [name, x] : now.activations) {
    spent += x.spent;
    leased += leased_by(x);
  }
  require(spent == now.spent, sums, say);
  require(leased == now.leased, "what is set aside is for something", say);
  micro_usd bill = 0;
  for (auto& row : now.bill)
    bill += row.cost;
  require(bill == now.spent, sums, say);
  micro_usd by_step = 0;
  for (auto& [step, x] : now.spent_by_step)
    by_step += x;
  require(by_step == now.spent, sums, say);
  for (auto& x : now.definition->steps)
    require(!x.budget || used_by_step(now, x) <= *x.budget,
            "a step keeps its budget", [&] { return id + ": " + x.id; });
}

/// Whether a signal may come that ends a wait.
bool waits_for_signal(const run_state& now) {
  for (auto& [name, x] : now.activations)
    if (x.phase == activation_phase::waiting && x.signal)
      return true;
  return false;
}

bool asks(const run_state& now) {
  for (auto& [name, x] : now.interrupts)
    if (x.phase == interrupt_phase::open)
      return true;
  return false;
}

} // namespace

void check_run(const std::string& id, const run_state& now) {
  check_money(id, now);
  auto say = [&] { return id; };
  for (auto& [name, x] : now.activations)
    require((x.token != 0) == now.live.contains(name)
              && (x.token == 0 || !has_ended(x)),
            "who lives is known",
            [&, &name = name] { return id + ": " + name; });
  if (now.phase == run_phase::ended)
    require(now.leased == 0 && now.live.empty() && !run::wake_at(now)
              && !asks(now),
            "nothing is left of a run that has ended", say);
  else if (now.phase != run_phase::absent && !waits_for_place(now)
           && now.phase != run_phase::copying)
    require(!now.live.empty() || run::wake_at(now) || waits_for(now),
            "a run goes on or waits for somebody", say);
  // Nobody would look after it.
  if (run::idle(now) && now.phase != run_phase::ended
      && now.phase != run_phase::absent)
    require(now.live.empty() && waits_for(now).has_value(),
            "only who waits for a person is idle", say);
}

std::optional<std::string> waits_for(const run_state& now) {
  if (now.phase == run_phase::running && now.paused)
    return "to be resumed";
  if (asks(now))
    return "an answer";
  if (waits_for_signal(now))
    return "a signal";
  return std::nullopt;
}

void check_project(const tracker::project_state& now) {
  auto leased = tracker::leased_by_runs(now);
  auto say = [&] {
    return "settled " + std::to_string(now.settled) + ", leased "
         + std::to_string(leased) + " of "
         + std::to_string(now.budget.value_or(-1));
  };
  require(!now.budget || now.settled + leased <= *now.budget,
          "a project keeps its budget", say);
  for (auto& [run, x] : now.leases)
    require(
      x.amount >= x.spent, "a run spends what is set aside for it",
      [&run = run, &x = x] { return run + ": " + std::to_string(x.spent); });
}

void check_place(const tracker::project_state& before,
                 const tracker::budget_leased& lease) {
  auto say = [&] { return lease.run; };
  require(!before.leases.contains(lease.run), "a run has one place", say);
  if (lease.from)
    return;
  uint64_t taken = 0;
  for (auto& [run, x] : before.leases)
    taken += x.from ? 0 : 1;
  require(!before.max_runs || taken < *before.max_runs,
          "no more runs work than may", say);
  auto mine = before.waiting.find(lease.run);
  for (auto& [run, x] : before.waiting)
    require(x.refused || run == lease.run
              || (mine != before.waiting.end()
                  && (mine->second.priority > x.priority
                      || (mine->second.priority == x.priority
                          && mine->second.number < x.number))),
            "who is first in the queue begins first", say);
}

void check_budgets(const costs::ledger_state& now) {
  for (auto& [key, x] : now.budgets) {
    auto say = [&, &key = key, &x = x] {
      return key + ": settled " + std::to_string(x.sum.settled) + ", leased "
           + std::to_string(x.leased) + " of " + std::to_string(x.what.limit);
    };
    require(x.leased >= 0 && x.sum.settled >= 0
              && x.sum.settled + x.leased <= x.what.limit,
            "a budget of the ledger is kept", say);
    micro_usd held = 0;
    for (auto& [run, holder] : now.runs)
      if (auto i = holder.held.find(key); i != holder.held.end())
        held += i->second;
    require(held == x.leased, "what is leased is held by somebody", say);
  }
}

void watch::check_ledger(const std::string& id, const ledger_state& now) const {
  require(now.runs.empty(), "no run holds money at the end",
          [&] { return now.runs.begin()->first; });
  micro_usd all = 0;
  for (auto& [run, past] : histories_)
    if (beside(run, costs::ledger_id) == id)
      all += past->own_cost();
  require(all == now.spent, "the ledger has what the calls cost",
          [&] { return id + ": " + std::to_string(now.spent); });
}

void watch::check_books(const std::string& id, const project_state& now) const {
  require(now.waiting.empty(), "nobody waits for a place at the end",
          [&] { return now.waiting.begin()->first; });
  require(now.leases.empty(), "nothing is set aside at the end",
          [&] { return now.leases.begin()->first; });
  micro_usd all = 0;
  for (auto& [run, past] : histories_)
    if (beside(run, the_project) == id)
      all += past->own_cost();
  require(all == now.settled, "a project has what the calls cost",
          [&] { return id + ": " + std::to_string(now.settled); });
}

void watch::at_end() const {
  require(alive_.empty(), "nobody works for what has ended",
          [&] { return alive_.begin()->first.first; });
  for (auto& [id, past] : histories_) {
    auto check = [&, &id = id, &past = past](auto& booked, const char* rule) {
      auto i = booked.find(id);
      auto cost = i == booked.end() ? 0 : i->second;
      require(cost == past->own_cost(), rule, [&] {
        return id + ": " + std::to_string(cost) + " instead of "
             + std::to_string(past->own_cost());
      });
    };
    check(booked_, "a project has what the calls cost");
    check(lined_, "the ledger has what the calls cost");
    micro_usd children = 0;
    for (auto& [other, theirs] : histories_)
      if (other.starts_with(id + ".") && other.rfind('.') == id.size())
        children += theirs->own_cost() + theirs->children_cost();
    require(children == past->children_cost(),
            "a parent knows what its children have spent",
            [&id = id, &past = past] {
              return id + ": " + std::to_string(past->children_cost());
            });
  }
  for (auto& [id, now] : projects_)
    check_books(id, now);
  for (auto& [id, now] : ledgers_)
    check_ledger(id, now);
}

} // namespace machine::sim

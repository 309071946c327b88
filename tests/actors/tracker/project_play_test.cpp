#include "tests/actors/tracker/project_under_test.hpp"
#include "tests/support/draw.hpp"

#include <algorithm>
#include <functional>
#include <set>

using namespace machine;
using namespace machine::test;

namespace {

std::string any_task() {
  return "t-" + std::to_string(draw(1, 8));
}

std::string any_run() {
  return "r-" + std::to_string(draw(1, 9));
}

std::vector<std::string> some(std::function<std::string()> one) {
  std::vector<std::string> result;
  for (auto left = draw(0, 3); left > 0; --left)
    result.push_back(one());
  return result;
}

std::string any_label() {
  return draw_text({"bug", "ui", "", std::string(65, 'x')});
}

task_edit any_edit() {
  task_edit x;
  if (*rc::gen::arbitrary<bool>())
    x.state = *rc::gen::element(task_state::open, task_state::in_progress,
                                task_state::done, task_state::cancelled);
  if (draw(0, 4) == 0)
    x.title = draw_text({"", "new", std::string(501, 'x')});
  if (draw(0, 4) == 0)
    x.priority = draw<uint32_t>(0, 12);
  x.add_labels = some(any_label);
  x.remove_labels = some(any_label);
  x.add_depends = some(any_task);
  x.remove_depends = some(any_task);
  return x;
}

/// The next charge of a run that has a lease, or one out of its order.
book_charges any_charges(const project_state& now) {
  book_charges x{any_run(), {}, {}};
  if (draw(0, 2) == 0) {
    auto caller = x.run;
    x.run += "." + std::to_string(draw(1, 3));
    x.shares.push_back({x.run, caller, draw<micro_usd>(-1, 100)});
  }
  auto lease = now.leases.find(x.run);
  auto next = lease == now.leases.end() ? 1 : lease->second.booked + 1;
  auto left = lease == now.leases.end()
              ? 100
              : lease->second.amount - lease->second.spent;
  next += *rc::gen::element<uint64_t>(0, 0, 0, 1) - (next > 1 ? 1 : 0);
  for (auto count = draw(1, 4); count > 0; --count) {
    auto cost = draw<micro_usd>(0, std::max<micro_usd>(left, 0) + 1);
    left -= cost;
    x.charges.push_back(charge_of(next++, cost, x.run));
  }
  return x;
}

change_project any_change() {
  change_project x;
  if (draw(0, 2) == 0)
    x.budget = budget_limit{draw<micro_usd>(-1, 2'000)};
  if (draw(0, 2) == 0) {
    x.max_runs = runs_limit{};
    if (draw(0, 3) > 0)
      x.max_runs->runs = draw<uint32_t>(0, 4);
  }
  return x;
}

lease_budget any_request() {
  lease_budget x{any_run(), draw<micro_usd>(-1, 600)};
  if (draw(0, 2) == 0)
    x.priority = draw<uint32_t>(0, 11);
  else if (draw(0, 2) == 0)
    x.task = any_task();
  return x;
}

project_command any_command(const project_state& now) {
  switch (draw(0, 8)) {
    case 0: return any_request();
    case 1: return any_charges(now);
    case 2: {
      auto run = any_run();
      if (draw(0, 2) == 0)
        run += "." + std::to_string(draw(1, 3));
      return close_lease{run, 0};
    }
    case 3: return any_change();
    case 4: {
      create_task x;
      x.title = draw_text({"do it", "", "again"});
      x.depends_on = some(any_task);
      x.labels = some(any_label);
      if (draw(0, 3) == 0)
        x.parent = any_task();
      return x;
    }
    case 5:
      return comment_task{any_task(), "ann", draw_text({"", "fine", "why?"})};
    default: return edit_task{any_task(), any_edit()};
  }
}

/// Whether *id* can be reached from one of *next*.
bool leads_to(const project_state& now, const std::string& from,
              const std::string& id, std::set<std::string> seen = {}) {
  for (auto& x : now.tasks.at(from).depends_on) {
    if (x == id)
      return true;
    if (seen.insert(x).second && leads_to(now, x, id, seen))
      return true;
  }
  return false;
}

void check_tasks(const project_state& now) {
  for (auto& [id, x] : now.tasks) {
    RC_ASSERT(!leads_to(now, id, id));
    RC_ASSERT(!x.title.empty() && x.title.size() <= max_title);
    RC_ASSERT(x.priority <= 9);
    RC_ASSERT(std::set(x.labels.begin(), x.labels.end()).size()
              == x.labels.size());
    RC_ASSERT(std::set(x.depends_on.begin(), x.depends_on.end()).size()
              == x.depends_on.size());
    for (auto& label : x.labels)
      RC_ASSERT(!label.empty() && label.size() <= max_label);
    // Parents come first, so that no task is a part of itself.
    if (x.parent)
      RC_ASSERT(std::stoi(x.parent->substr(2)) < std::stoi(id.substr(2)));
  }
}

void check_places(const project_state& before, const project_state& now) {
  auto taken = places_taken(now);
  RC_ASSERT(!now.max_runs || taken <= *now.max_runs
            || taken <= places_taken(before));
  RC_ASSERT(!is_place_free(now) || queue_of(now).empty());
  RC_ASSERT(summary_of(now, "p").running == taken);
  RC_ASSERT(summary_of(now, "p").waiting == queue_of(now).size());
  for (auto& [run, x] : now.waiting)
    RC_ASSERT(!now.leases.contains(run));
  // Who is still there stands in the same order.
  auto first = queue_of(before);
  auto second = queue_of(now);
  std::erase_if(first, [&](auto& x) {
    return !now.waiting.contains(x.run) || now.waiting.at(x.run).refused;
  });
  std::erase_if(second,
                [&](auto& x) { return !before.waiting.contains(x.run); });
  RC_ASSERT(first.size() == second.size());
  for (size_t i = 0; i < first.size(); ++i)
    RC_ASSERT(first[i].run == second[i].run);
  // Who was let in came before who was not.
  for (auto& x : second)
    for (auto& [run, y] : before.waiting)
      if (now.leases.contains(run))
        RC_ASSERT(y.priority >= x.priority);
}

} // namespace

TEST_CASE("whatever is asked of a project, its rules hold") {
  CHECK(rc::check([] {
    project_under_test it{1'000};
    micro_usd booked = 0;
    for (auto left = draw(0, 60); left > 0; --left) {
      auto events = it.log.size();
      auto before = it.state;
      auto what = any_command(it.state);
      auto refused = it.give(what);
      if (refused)
        RC_ASSERT(it.log.size() == events);
      for (; events < it.log.size(); ++events) {
        if (auto* x = std::get_if<charge_booked>(&it.log[events]))
          booked += x->cost;
        // A part of another run's lease is set aside already; what is given
        // to those that wait is checked as a whole below.
        if (auto* x = std::get_if<budget_leased>(&it.log[events]);
            x && !x->from && std::holds_alternative<lease_budget>(what))
          RC_ASSERT(!before.budget
                    || before.settled + leased_by_runs(before) + x->amount
                         <= *before.budget);
        if (auto* x = std::get_if<task_edited>(&it.log[events]))
          if (it.state.tasks[x->task].state == task_state::done
              && before.tasks[x->task].state != task_state::done)
            for (auto& id : it.state.tasks[x->task].depends_on)
              RC_ASSERT(before.tasks[id].state == task_state::done
                        || before.tasks[id].state == task_state::cancelled);
      }
      RC_ASSERT(it.state.settled == booked);
      check_places(before, it.state);
      check_tasks(it.state);
      // Given once more, it changes no money.
      if (!std::holds_alternative<change_project>(what)) {
        static_cast<void>(it.give(what));
        for (; events < it.log.size(); ++events) {
          RC_ASSERT(!std::holds_alternative<charge_booked>(it.log[events]));
          RC_ASSERT(!std::holds_alternative<budget_leased>(it.log[events]));
        }
      }
      auto snapshot =
        wire::from_msgpack<project_state>(wire::to_msgpack(it.state));
      RC_ASSERT(snapshot);
      RC_ASSERT(*snapshot == it.state);
    }
    project_state again;
    for (auto& event : it.log)
      project::apply(
        again, *wire::from_msgpack<project_event>(wire::to_msgpack(event)),
        it.ctx.now);
    RC_ASSERT(again == it.state);
    RC_ASSERT(project::summarise(it.state, it.ctx.key).body.size() < 2'048);
  }));
}

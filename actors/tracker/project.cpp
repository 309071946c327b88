#include "actors/tracker/project.hpp"

#include "actors/costs/money.hpp"
#include "actors/tracker/summary.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <set>

namespace machine::tracker {

namespace {

constexpr size_t max_title = 500;
constexpr size_t max_text = 64u << 10;
constexpr size_t max_labels = 32;
constexpr size_t max_label = 64;
constexpr size_t max_depends = 100;
constexpr size_t max_comments = 1'000;
constexpr size_t max_tasks = 100'000;

using decided = caf::expected<entity::decision<project_event>>;

decided just(project_event what) {
  entity::decision<project_event> result;
  result.events.push_back(std::move(what));
  return result;
}

caf::error too_long(std::string_view what, size_t is, size_t limit) {
  return make_error(ec::invalid_argument,
                    std::string{what} + " has " + std::to_string(is)
                      + " bytes; at most " + std::to_string(limit)
                      + " are allowed");
}

/// Whether *goal* can be reached from *start* along dependencies or parents.
template <class Next>
bool reaches(const project_state& now, const std::string& start,
             const std::string& goal, Next next) {
  std::set<std::string> seen;
  std::vector<std::string> open{start};
  while (!open.empty()) {
    auto id = std::move(open.back());
    open.pop_back();
    if (id == goal)
      return true;
    if (!seen.insert(id).second)
      continue;
    if (auto i = now.tasks.find(id); i != now.tasks.end())
      next(i->second, open);
  }
  return false;
}

void add_dependencies(const task& from, std::vector<std::string>& to) {
  to.insert(to.end(), from.depends_on.begin(), from.depends_on.end());
}

struct decider {
  const project_state& now;
  const entity::context& ctx;

  decided operator()(const create_project& x) {
    if (now.exists)
      return make_error(ec::conflict,
                        "project " + ctx.key.id + " exists already");
    if (x.name.empty() || x.name.size() > max_title)
      return too_long("the project's name", x.name.size(), max_title);
    if (x.budget.value_or(0) < 0)
      return make_error(ec::invalid_argument,
                        "the budget of a project cannot be negative");
    return just(project_created{x.name, x.budget});
  }

  decided operator()(const change_project_budget& x) {
    if (auto err = check_exists())
      return err;
    if (x.budget.value_or(0) < 0)
      return make_error(ec::invalid_argument,
                        "the budget of a project cannot be negative");
    return just(project_budget_changed{x.budget});
  }

  decided operator()(const lease_budget& x) {
    entity::decision<project_event> result;
    if (!now.exists) {
      if (auto err = check_exists(); err && ctx.key.id != "default")
        return err;
      result.events.push_back(project_created{"default", std::nullopt});
    }
    if (x.amount < 0)
      return make_error(ec::invalid_argument, "a lease cannot be negative");
    if (now.leases.contains(x.run))
      return result;
    auto used = now.settled + leased_by_runs(now);
    if (now.budget && x.amount > *now.budget - used)
      return make_error(
        ec::budget_exceeded,
        "run " + x.run + " wants to set aside " + costs::format_usd(x.amount)
          + ", but of the " + costs::format_usd(*now.budget) + " of project "
          + ctx.key.id + " only "
          + costs::format_usd(std::max<micro_usd>(*now.budget - used, 0))
          + " is left; give the run a smaller --budget or raise the project's");
    result.events.push_back(budget_leased{x.run, x.amount});
    return result;
  }

  decided operator()(const book_charges& x) {
    entity::decision<project_event> result;
    auto lease = now.leases.find(x.run);
    // A closed lease has everything booked.
    if (lease == now.leases.end())
      return result;
    auto booked = lease->second.booked;
    for (auto& charge : x.charges) {
      if (charge.number <= booked)
        continue;
      if (charge.number != booked + 1)
        return make_error(ec::conflict,
                          "charge " + std::to_string(charge.number) + " of run "
                            + x.run + " came before charge "
                            + std::to_string(booked + 1));
      result.events.push_back(charge);
      booked = charge.number;
    }
    return result;
  }

  decided operator()(const close_lease& x) {
    if (!now.leases.contains(x.run))
      return entity::decision<project_event>{};
    return just(lease_closed{x.run, x.spent});
  }

  decided operator()(const create_task& x) {
    entity::decision<project_event> result;
    if (!now.exists) {
      if (auto err = check_exists(); err && ctx.key.id != "default")
        return err;
      result.events.push_back(project_created{"default", std::nullopt});
    }
    if (now.tasks.size() >= max_tasks)
      return make_error(ec::limit_exceeded, "project " + ctx.key.id + " has "
                                              + std::to_string(max_tasks)
                                              + " tasks; begin another");
    task what;
    what.id = "t-" + std::to_string(now.last_task + 1);
    what.title = x.title;
    what.description = x.description;
    what.priority = x.priority;
    what.parent = x.parent;
    what.depends_on = x.depends_on;
    what.labels = x.labels;
    what.author = x.author;
    what.created_at = what.updated_at = ctx.now;
    if (auto err = check_task(what))
      return err;
    result.events.push_back(task_created{std::move(what)});
    return result;
  }

  decided operator()(const edit_task& x) {
    auto there = now.tasks.find(x.task);
    if (there == now.tasks.end())
      return no_task(x.task);
    auto after = there->second;
    change(after, x.edit);
    if (auto err = check_task(after))
      return err;
    if (after == there->second)
      return entity::decision<project_event>{};
    if (after.state == task_state::done && there->second.state != after.state)
      for (auto& id : after.depends_on)
        if (auto i = now.tasks.find(id);
            i != now.tasks.end() && i->second.state != task_state::done
            && i->second.state != task_state::cancelled)
          return make_error(ec::conflict, "task " + x.task + " depends on " + id
                                            + ", which is not done yet");
    return just(task_edited{x.task, x.edit});
  }

  decided operator()(const comment_task& x) {
    auto there = now.tasks.find(x.task);
    if (there == now.tasks.end())
      return no_task(x.task);
    if (x.text.empty() || x.text.size() > max_text)
      return too_long("a comment", x.text.size(), max_text);
    if (there->second.comments.size() >= max_comments)
      return make_error(ec::limit_exceeded,
                        "task " + x.task + " has too many comments");
    return just(task_commented{x.task, x.author, x.text});
  }

  static void change(task& draft, const task_edit& edit) {
    if (edit.title)
      draft.title = *edit.title;
    if (edit.description)
      draft.description = *edit.description;
    if (edit.state)
      draft.state = *edit.state;
    if (edit.priority)
      draft.priority = *edit.priority;
    auto merge = [](auto& list, auto& more, auto& fewer) {
      for (auto& x : more)
        if (std::find(list.begin(), list.end(), x) == list.end())
          list.push_back(x);
      for (auto& x : fewer)
        std::erase(list, x);
    };
    merge(draft.labels, edit.add_labels, edit.remove_labels);
    merge(draft.depends_on, edit.add_depends, edit.remove_depends);
  }

private:
  caf::error check_exists() const {
    if (now.exists)
      return caf::none;
    return make_error(ec::not_found,
                      "there is no project " + ctx.key.id
                        + "; make it with `themachine project add " + ctx.key.id
                        + "`");
  }

  caf::error no_task(const std::string& id) const {
    return make_error(ec::not_found,
                      "project " + ctx.key.id + " has no task " + id);
  }

  caf::error check_task(const task& x) const {
    if (x.title.empty())
      return make_error(ec::invalid_argument, "a task needs a title");
    if (x.title.size() > max_title)
      return too_long("the title", x.title.size(), max_title);
    if (x.description.size() > max_text)
      return too_long("the description", x.description.size(), max_text);
    if (x.priority > 9)
      return make_error(ec::invalid_argument, "the priority is "
                                                + std::to_string(x.priority)
                                                + "; it goes from 0 to 9");
    if (x.labels.size() > max_labels)
      return make_error(ec::limit_exceeded, "a task has at most 32 labels");
    for (auto& label : x.labels)
      if (label.empty() || label.size() > max_label)
        return too_long("the label " + label, label.size(), max_label);
    if (x.depends_on.size() > max_depends)
      return make_error(ec::limit_exceeded,
                        "a task depends on at most 100 others");
    for (auto& id : x.depends_on) {
      if (!now.tasks.contains(id))
        return no_task(id);
      if (reaches(now, id, x.id, add_dependencies))
        return make_error(ec::invalid_argument,
                          "task " + x.id + " cannot depend on " + id
                            + ": that depends on " + x.id + " already");
    }
    if (x.parent && !now.tasks.contains(*x.parent))
      return no_task(*x.parent);
    return caf::none;
  }
};

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

  void operator()(const budget_leased& x) {
    draft.leases[x.run] = {x.amount, 0, 0};
  }

  void operator()(const charge_booked& x) {
    draft.settled += x.cost;
    auto& lease = draft.leases[x.run];
    lease.spent += x.cost;
    lease.booked = x.number;
  }

  void operator()(const lease_closed& x) {
    draft.leases.erase(x.run);
  }

  void operator()(const task_created& x) {
    draft.tasks[x.task.id] = x.task;
    ++draft.last_task;
  }

  void operator()(const task_edited& x) {
    if (auto i = draft.tasks.find(x.task); i != draft.tasks.end()) {
      decider::change(i->second, x.edit);
      i->second.updated_at = at;
    }
  }

  void operator()(const task_commented& x) {
    if (auto i = draft.tasks.find(x.task); i != draft.tasks.end()) {
      i->second.comments.push_back({at, x.author, x.text});
      i->second.updated_at = at;
    }
  }
};

} // namespace

decided project::decide(const state& now, const command& what,
                        const entity::context& ctx) {
  return std::visit(decider{now, ctx}, what);
}

void project::apply(state& draft, const event& what, timestamp at) {
  std::visit(applier{draft, at}, what);
}

store::summary_row project::summarise(const state& now, const entity::key& id) {
  store::summary_row row;
  row.body = wire::to_msgpack(summary_of(now, id.id));
  return row;
}

micro_usd leased_by_runs(const project_state& now) {
  micro_usd sum = 0;
  for (auto& [run, lease] : now.leases)
    sum += std::max<micro_usd>(lease.amount - lease.spent, 0);
  return sum;
}

project_summary summary_of(const project_state& now, const std::string& id) {
  return {id,
          now.name,
          now.budget,
          now.settled,
          leased_by_runs(now),
          now.tasks.size()};
}

} // namespace machine::tracker

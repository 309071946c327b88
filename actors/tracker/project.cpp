#include "actors/tracker/project.hpp"

#include "actors/costs/money.hpp"
#include "actors/tracker/bounds.hpp"
#include "actors/tracker/change.hpp"
#include "actors/tracker/places.hpp"
#include "actors/tracker/summary.hpp"
#include "runtime/entity/draft.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

namespace machine::tracker {

namespace {

caf::error too_long(std::string_view what, size_t is, size_t limit) {
  return make_error(ec::invalid_argument,
                    std::string{what} + " has " + std::to_string(is)
                      + " bytes; at most " + std::to_string(limit)
                      + " are allowed");
}

/// The one of *start* from which *goal* can be reached along dependencies.
std::optional<std::string> find_way(const project_state& now,
                                    const std::vector<std::string>& start,
                                    const std::string& goal) {
  std::set<std::string_view> seen;
  for (auto& first : start) {
    std::vector<std::string_view> open{first};
    while (!open.empty()) {
      auto id = open.back();
      open.pop_back();
      if (id == goal)
        return first;
      if (!seen.insert(id).second)
        continue;
      if (auto i = now.tasks.find(std::string{id}); i != now.tasks.end())
        open.insert(open.end(), i->second.depends_on.begin(),
                    i->second.depends_on.end());
    }
  }
  return std::nullopt;
}

struct decider {
  entity::draft<project>& to;
  const project_state& now = to.now();
  const entity::context& ctx = to.ctx();

  caf::error operator()(const create_project& x) {
    if (now.exists)
      return make_error(ec::conflict,
                        "project " + ctx.key.id + " exists already");
    if (x.name.empty() || x.name.size() > max_title)
      return too_long("the project's name", x.name.size(), max_title);
    if (auto err = costs::check_amount("a budget", x.budget.value_or(0)))
      return err;
    if (auto err = check_max_runs(x.max_runs))
      return err;
    to.emit(project_created{x.name, x.budget});
    if (x.max_runs)
      to.emit(project_limit_changed{x.max_runs});
    return caf::none;
  }

  caf::error operator()(const change_project& x) {
    if (auto err = check_exists(); err && ctx.key.id != "default")
      return err;
    if (x.budget)
      if (auto err =
            costs::check_amount("a budget", x.budget->amount.value_or(0)))
        return err;
    if (x.max_runs)
      if (auto err = check_max_runs(x.max_runs->runs))
        return err;
    make_default();
    if (x.budget && x.budget->amount != now.budget)
      to.emit(project_budget_changed{x.budget->amount});
    if (x.max_runs && x.max_runs->runs != now.max_runs)
      to.emit(project_limit_changed{x.max_runs->runs});
    admit_waiting();
    return caf::none;
  }

  caf::error operator()(const check_run& x) {
    if (auto err = check_exists(); err && ctx.key.id != "default")
      return err;
    if (x.task && !now.tasks.contains(*x.task))
      return no_task(*x.task);
    return caf::none;
  }

  caf::error operator()(const lease_budget& x) {
    if (auto err = check_exists(); err && ctx.key.id != "default")
      return err;
    if (auto err = costs::check_amount("a lease", x.amount))
      return err;
    if (now.leases.contains(x.run))
      return caf::none;
    if (is_closed(x.run))
      return make_error(ec::cancelled, "run " + x.run
                                         + " has ended, and needs nothing set "
                                           "aside any more");
    if (auto i = now.waiting.find(x.run); i != now.waiting.end())
      return answer_again(x.run, i->second);
    auto priority = priority_of(x);
    if (priority > max_priority)
      return bad_priority(priority);
    auto place = is_place_free(now);
    // One that waits may get money that is set aside for others now, but what
    // was spent does not come back.
    if (auto err =
          check_money(x.run, x.amount, place ? leased_by_runs(now) : 0))
      return err;
    if (place) {
      make_default();
      return just(budget_leased{x.run, x.amount, std::nullopt});
    }
    if (now.waiting.size() >= max_waiting_runs)
      return make_error(ec::limit_exceeded,
                        "project " + ctx.key.id + " has "
                          + std::to_string(now.waiting.size())
                          + " runs that wait; start this one later");
    return just(run_enqueued{x.run, x.amount, priority});
  }

  caf::error operator()(const book_charges& x) {
    auto lease = now.leases.find(x.run);
    if (auto err = check_shares(x))
      return err;
    // A closed lease has everything booked.
    if (lease == now.leases.end() && !can_share(x.shares))
      return caf::none;
    auto known = lease == now.leases.end() ? 0 : lease->second.booked;
    auto booked = known;
    for (auto& charge : x.charges) {
      if (charge.number <= booked)
        continue;
      if (charge.run != x.run)
        return make_error(ec::invalid_argument,
                          "run " + x.run + " cannot book a charge of run "
                            + charge.run);
      if (auto err = costs::check_amount("a charge", charge.cost))
        return err;
      if (charge.number != booked + 1)
        return make_error(ec::conflict,
                          "charge " + std::to_string(charge.number) + " of run "
                            + x.run + " came before charge "
                            + std::to_string(booked + 1));
      booked = charge.number;
    }
    for (auto& share : x.shares)
      lease_part(share);
    for (auto& charge : x.charges)
      if (charge.number > known)
        to.emit(charge);
    return caf::none;
  }

  caf::error operator()(const close_lease& x) {
    // Also of a run that has none is to be known that it has ended: its request
    // may still be under way.
    if (!now.exists || (!now.leases.contains(x.run) && is_closed(x.run)))
      return caf::none;
    to.emit(lease_closed{x.run, x.spent});
    admit_waiting();
    return caf::none;
  }

  caf::error operator()(const create_task& x) {
    if (auto err = check_exists(); err && ctx.key.id != "default")
      return err;
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
    what.author = x.author;
    what.created_at = what.updated_at = ctx.now;
    // As in an edit, what is named twice is there once.
    task_edit lists;
    lists.add_labels = x.labels;
    lists.add_depends = x.depends_on;
    change(what, lists);
    if (auto err = check_task(what, nullptr))
      return err;
    if (auto err = check_room(size_of(what)))
      return err;
    make_default();
    return just(task_created{std::move(what)});
  }

  caf::error operator()(const edit_task& x) {
    auto there = now.tasks.find(x.task);
    if (there == now.tasks.end())
      return no_task(x.task);
    auto after = there->second;
    change(after, x.edit);
    if (after == there->second)
      return caf::none;
    if (auto err = check_task(after, &there->second))
      return err;
    auto before = size_of(there->second);
    if (auto size = size_of(after); size > before)
      if (auto err = check_room(size - before))
        return err;
    if (after.state == task_state::done && there->second.state != after.state)
      for (auto& id : after.depends_on)
        if (auto i = now.tasks.find(id);
            i != now.tasks.end() && i->second.state != task_state::done
            && i->second.state != task_state::cancelled)
          return make_error(ec::conflict, "task " + x.task + " depends on " + id
                                            + ", which is not done yet");
    return just(task_edited{x.task, x.edit});
  }

  caf::error operator()(const comment_task& x) {
    auto there = now.tasks.find(x.task);
    if (there == now.tasks.end())
      return no_task(x.task);
    if (x.text.empty())
      return make_error(ec::invalid_argument, "a comment needs a text");
    if (x.text.size() > max_text)
      return too_long("a comment", x.text.size(), max_text);
    if (x.author.size() > max_title)
      return too_long("the author's name", x.author.size(), max_title);
    auto& comments = there->second.comments;
    auto size = size_of_comment(x.author, x.text);
    auto all = size;
    for (auto& y : comments)
      all += size_of_comment(y.author, y.text);
    if (comments.size() >= max_comments || all > max_comment_bytes)
      return make_error(
        ec::limit_exceeded,
        "task " + x.task + " has " + std::to_string(comments.size())
          + " comments, and no room for this one: at most "
          + std::to_string(max_comments) + " with "
          + std::to_string(max_comment_bytes) + " bytes; go on in a subtask");
    if (auto err = check_room(size))
      return err;
    return just(task_commented{x.task, x.author, x.text});
  }

private:
  bool is_closed(const std::string& run) const {
    auto among = [&](const std::vector<std::string>& these) {
      return std::find(these.begin(), these.end(), run) != these.end();
    };
    return among(now.closed_runs)
        || std::any_of(now.leases.begin(), now.leases.end(),
                       [&](auto& x) { return among(x.second.over); });
  }

  static caf::error check_shares(const book_charges& x) {
    for (size_t i = 0; i < x.shares.size(); ++i) {
      auto& share = x.shares[i];
      if (auto err = costs::check_amount("a share", share.amount))
        return err;
      auto last = i + 1 == x.shares.size();
      if (share.run != (last ? x.run : x.shares[i + 1].from))
        return make_error(ec::invalid_argument,
                          "the shares of run " + x.run
                            + " do not lead to it: run " + share.run
                            + " stands where that is not the next caller");
    }
    return caf::none;
  }

  /// Whether *shares* lead from a lease that is there to one that may be, and
  /// is not over.
  bool can_share(const std::vector<lease_share>& shares) const {
    if (shares.empty() || !now.leases.contains(shares.front().from))
      return false;
    return std::none_of(shares.begin(), shares.end(), [this](auto& x) {
      auto from = now.leases.find(x.from);
      return from != now.leases.end()
          && std::find(from->second.over.begin(), from->second.over.end(),
                       x.run)
               != from->second.over.end();
    });
  }

  /// Moves a part of one run's lease to another. If calls have cost more than
  /// was set aside for them, less may be left.
  void lease_part(const lease_share& x) {
    if (now.leases.contains(x.run))
      return;
    auto from = now.leases.find(x.from);
    if (from == now.leases.end())
      return;
    auto left =
      std::max<micro_usd>(from->second.amount - from->second.spent, 0);
    to.emit(budget_leased{x.run, std::min(x.amount, left), x.from});
  }

  static caf::error check_max_runs(const std::optional<uint32_t>& runs) {
    if (!runs || (*runs >= 1 && *runs <= max_max_runs))
      return caf::none;
    return make_error(ec::invalid_argument,
                      "max_runs is " + std::to_string(*runs)
                        + "; it goes from 1 to " + std::to_string(max_max_runs)
                        + ", and without it there is no limit");
  }

  static caf::error bad_priority(uint32_t is) {
    return make_error(ec::invalid_argument,
                      "the priority is " + std::to_string(is)
                        + "; it goes from 0 to 9, and 9 comes first");
  }

  uint32_t priority_of(const lease_budget& x) const {
    if (x.priority)
      return *x.priority;
    auto i = x.task ? now.tasks.find(*x.task) : now.tasks.end();
    return i == now.tasks.end() ? 0 : i->second.priority;
  }

  /// Whether *amount* can be set aside beside *leased*.
  caf::error check_money(const std::string& run, micro_usd amount,
                         micro_usd leased) const {
    auto used = now.settled + leased;
    // Without a limit of its own, the sum must still be a number.
    if (amount > std::numeric_limits<micro_usd>::max() - used)
      return make_error(ec::limit_exceeded,
                        "the runs of project " + ctx.key.id
                          + " set more aside than can be counted; give them "
                            "smaller budgets");
    if (now.budget && amount > *now.budget - used)
      return make_error(
        ec::budget_exceeded,
        "run " + run + " wants to set aside " + costs::format_usd(amount)
          + ", but of the " + costs::format_usd(*now.budget) + " of project "
          + ctx.key.id + " only "
          + costs::format_usd(std::max<micro_usd>(*now.budget - used, 0))
          + " is left; give the run a smaller --budget");
    return caf::none;
  }

  /// A run that waits has asked again.
  caf::error answer_again(const std::string& run, const waiting_run& there) {
    if (there.refused)
      return make_error(ec_from_string(there.refused->code),
                        there.refused->message);
    return just(run_enqueued{run, there.amount, there.priority});
  }

  /// Gives the places that are free to those that wait.
  void admit_waiting() {
    if (now.waiting.empty() || !is_place_free(now))
      return;
    for (auto& [run, position, priority, since] : queue_of(now)) {
      if (!is_place_free(now))
        return;
      auto amount = now.waiting.at(run).amount;
      if (auto err = check_money(run, amount, leased_by_runs(now)))
        to.emit(run_turned_away{run, to_string(code_of(err)), message_of(err)});
      else
        to.emit(budget_leased{run, amount, std::nullopt});
    }
  }

  void make_default() {
    if (!now.exists)
      to.emit(project_created{"default", std::nullopt});
  }

  caf::error just(project_event what) {
    to.emit(std::move(what));
    return caf::none;
  }

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

  /// Whether the snapshot of the project can hold *more* bytes.
  caf::error check_room(uint64_t more) const {
    if (now.task_bytes + more <= max_project_bytes)
      return caf::none;
    return make_error(ec::limit_exceeded,
                      "the tasks of project " + ctx.key.id + " take "
                        + std::to_string(now.task_bytes) + " of "
                        + std::to_string(max_project_bytes)
                        + " bytes, and no more fits; begin another project");
  }

  /// @param before What the task was; null if it is new.
  caf::error check_task(const task& x, const task* before) const {
    if (x.title.empty())
      return make_error(ec::invalid_argument, "a task needs a title");
    if (x.title.size() > max_title)
      return too_long("the title", x.title.size(), max_title);
    if (x.description.size() > max_text)
      return too_long("the description", x.description.size(), max_text);
    if (x.author.size() > max_title)
      return too_long("the author's name", x.author.size(), max_title);
    if (x.priority > max_priority)
      return bad_priority(x.priority);
    if (x.labels.size() > max_labels)
      return make_error(ec::limit_exceeded, "a task has at most 32 labels");
    for (auto& label : x.labels) {
      if (label.empty())
        return make_error(ec::invalid_argument, "a label needs a name");
      if (label.size() > max_label)
        return too_long("the label " + label.substr(0, max_label), label.size(),
                        max_label);
    }
    if (x.parent && !now.tasks.contains(*x.parent))
      return no_task(*x.parent);
    if (before == nullptr || before->depends_on != x.depends_on)
      return check_dependencies(x);
    return caf::none;
  }

  caf::error check_dependencies(const task& x) const {
    if (x.depends_on.size() > max_depends)
      return make_error(ec::limit_exceeded,
                        "a task depends on at most 100 others");
    for (auto& id : x.depends_on) {
      if (id == x.id)
        return make_error(ec::invalid_argument,
                          "task " + id + " cannot depend on itself");
      if (!now.tasks.contains(id))
        return no_task(id);
    }
    if (auto id = find_way(now, x.depends_on, x.id))
      return make_error(ec::invalid_argument,
                        "task " + x.id + " cannot depend on " + *id
                          + ": that depends on " + x.id + " already");
    return caf::none;
  }
};

} // namespace

caf::error project::decide(entity::draft<project>& to, const command& what) {
  return std::visit(decider{to}, what);
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
  project_summary row;
  row.id = id;
  row.name = now.name;
  row.budget = now.budget;
  row.settled = now.settled;
  row.leased = leased_by_runs(now);
  row.tasks = now.tasks.size();
  row.max_runs = now.max_runs;
  row.running = places_taken(now);
  for (auto& [run, x] : now.waiting)
    row.waiting += x.refused ? 0 : 1;
  return row;
}

} // namespace machine::tracker

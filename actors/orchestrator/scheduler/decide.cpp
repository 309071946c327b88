#include "actors/costs/money.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/schedule/due.hpp"
#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// As ids of other runs: `r-` and 16 characters of which no two are mistaken
/// for each other.
std::string run_of_firing(const entity::key& id, uint64_t number,
                          timestamp due) {
  constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  auto hash = store::hash_blob(to_bytes(
    "firing " + std::to_string(number) + " of " + id.tenant + "/" + id.id
    + " at " + std::to_string(due.time_since_epoch().count())));
  std::string result = "r-";
  for (size_t i = 0; i < 16; ++i) {
    auto value = [](char x) {
      return static_cast<size_t>(x <= '9' ? x - '0' : x - 'a' + 10);
    };
    result += alphabet[(value(hash[2 * i]) * 16 + value(hash[2 * i + 1])) % 32];
  }
  return result;
}

struct schedule_decider {
  entity::draft<run_schedule>& to;
  const run_schedule_state& now = to.now();
  const entity::context& ctx = to.ctx();

  caf::error operator()(const create_schedule& x) {
    if (now.exists)
      return make_error(ec::conflict, "project " + x.project
                                        + " has a schedule " + x.name
                                        + " already; change that one, or take "
                                          "another name");
    if (auto err = check_schedule_name(x.name))
      return err;
    if (ctx.key.id != schedule_id(x.project, x.name))
      return make_error(ec::invalid_argument,
                        "schedule " + ctx.key.id + " is not that of its name");
    auto loaded = check(x.spec, x.what);
    if (!loaded)
      return std::move(loaded.error());
    return just(schedule_created{x.project, x.name, x.spec, x.what,
                                 next_firing(*loaded, latest())});
  }

  caf::error operator()(const change_schedule& x) {
    if (auto err = check_exists())
      return err;
    if (x.version != now.version)
      return make_error(ec::conflict, "schedule " + now.name
                                        + " was changed meanwhile; look at it "
                                          "and try again");
    auto loaded = check(x.spec, x.what);
    if (!loaded)
      return std::move(loaded.error());
    if (x.spec == now.spec && x.what == now.what)
      return caf::none;
    to.emit(schedule_changed{x.spec, x.what, next_of(*loaded)});
    // Under another policy, what waits may begin.
    return now.waiting && is_active() ? consider() : caf::none;
  }

  caf::error operator()(const pause_schedule& x) {
    if (auto err = check_exists())
      return err;
    if (now.paused)
      return caf::none;
    return just(schedule_paused{x.by, clip(x.reason)});
  }

  caf::error operator()(const resume_schedule& x) {
    if (auto err = check_exists())
      return err;
    if (!now.paused)
      return caf::none;
    auto loaded = load_schedule(now.spec);
    if (!loaded)
      return std::move(loaded.error());
    to.emit(schedule_resumed{x.by, next_firing(*loaded, latest())});
    return consider();
  }

  caf::error operator()(const delete_schedule& x) {
    if (auto err = check_exists())
      return err;
    return just(schedule_deleted{x.by});
  }

  caf::error operator()(const trigger_schedule&) {
    if (auto err = check_exists())
      return err;
    auto overlap = now.spec.overlap;
    if (now.running.empty())
      return begin(ctx.now, firing_cause::hand);
    auto& other = now.running.begin()->first;
    if (overlap == overlap_policy::skip)
      return make_error(ec::conflict,
                        "run " + other + " of schedule " + now.name
                          + " is at work, and its overlap policy is skip; "
                            "wait for its end, or cancel it");
    if (overlap == overlap_policy::allow) {
      if (now.running.size() >= max_running)
        return make_error(ec::limit_exceeded,
                          "schedule " + now.name + " has "
                            + std::to_string(now.running.size())
                            + " runs at work; wait for the end of one");
      return begin(ctx.now, firing_cause::hand);
    }
    if (now.paused)
      return make_error(ec::conflict,
                        "schedule " + now.name + " pauses, and run " + other
                          + " is at work; resume it, or wait for the end of "
                            "the run");
    wait(ctx.now);
    if (overlap == overlap_policy::cancel_previous)
      stop_running();
    return caf::none;
  }

  caf::error operator()(const firing_is_over& x) {
    if (!now.running.contains(x.run))
      return caf::none;
    to.emit(firing_ended{x.run, x.result, clip(x.message, max_row_text)});
    // What waited for it begins now. If time zones are missing, it begins when
    // the schedule is woken.
    if (now.waiting && is_active())
      static_cast<void>(consider());
    return caf::none;
  }

  caf::error operator()(const wake_schedule&) {
    return is_active() ? consider() : caf::none;
  }

private:
  bool is_active() const {
    return now.exists && !now.paused;
  }

  /// Decides what is due by now.
  caf::error consider() {
    auto loaded = load_schedule(now.spec);
    if (!loaded)
      return std::move(loaded.error());
    auto due =
      decide_due(*loaded, now.considered, ctx.now,
                 {static_cast<uint32_t>(now.running.size()), now.waiting});
    if (due.cancel_running && !due.start.empty()) {
      // It begins when the others have ended, and not beside them.
      due.waiting = due.start.back();
      due.start.clear();
    }
    if (due.start.empty() && due.skipped.empty() && due.waiting == now.waiting
        && due.wake_at == now.next)
      return caf::none;
    to.emit(firings_considered{due.considered, due.wake_at, due.waiting,
                               std::move(due.skipped)});
    if (due.cancel_running)
      stop_running();
    for (auto at : due.start)
      if (auto err = begin(at, firing_cause::time))
        return err;
    return caf::none;
  }

  /// Has *due* wait in the place of what waits.
  void wait(timestamp due) {
    std::vector<skipped_firings> skipped;
    if (now.waiting)
      skipped.push_back({.reason = skip_reason::superseded,
                         .count = 1,
                         .first = *now.waiting,
                         .last = *now.waiting});
    to.emit(
      firings_considered{now.considered, now.next, due, std::move(skipped)});
  }

  void stop_running() {
    std::vector<std::string> open;
    for (auto& [run, x] : now.running)
      if (!x.stopping)
        open.push_back(run);
    for (auto& run : open)
      to.emit(firing_stopping{run});
  }

  caf::error begin(timestamp due, firing_cause cause) {
    auto number = now.last_number + 1;
    return just(
      firing_began{run_of_firing(ctx.key, number, due), number, due, cause});
  }

  std::optional<timestamp> next_of(const schedule& loaded) const {
    if (now.paused)
      return std::nullopt;
    return next_firing(loaded, latest());
  }

  /// What was due up to here is decided, or not made up.
  timestamp latest() const {
    return std::max(now.considered, ctx.now);
  }

  static caf::expected<schedule> check(const schedule_spec& spec,
                                       const run_created& what) {
    if (auto err = costs::check_amount("a budget", what.budget))
      return err;
    if (auto err = check_size("the workflow together with inputs and title",
                              wire::to_msgpack(what).size(), max_created_bytes))
      return err;
    return load_schedule(spec);
  }

  caf::error check_exists() const {
    if (now.exists)
      return caf::none;
    auto dot = ctx.key.id.rfind('.');
    return make_error(ec::not_found, "project " + ctx.key.id.substr(0, dot)
                                       + " has no schedule "
                                       + ctx.key.id.substr(dot + 1));
  }

  caf::error just(schedule_event what) {
    to.emit(std::move(what));
    return caf::none;
  }
};

} // namespace

caf::error run_schedule::decide(entity::draft<run_schedule>& to,
                                const command& what) {
  return std::visit(schedule_decider{to}, what);
}

} // namespace machine::orchestrator

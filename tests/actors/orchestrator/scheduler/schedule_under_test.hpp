#pragma once

#include "actors/orchestrator/schedule/due.hpp"
#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "actors/orchestrator/scheduler/summary.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/wire/text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace machine::test {

using namespace orchestrator;
using namespace std::chrono_literals;

/// The instant *text*, as RFC 3339 has it.
inline timestamp instant(std::string_view text) {
  auto result = wire::parse_time(text);
  INFO(std::string{text});
  REQUIRE(result);
  return *result;
}

/// A schedule without an actor: the core and its log, and a clock.
struct schedule_under_test {
  run_schedule_state state;
  entity::key id{"t", "p.nightly"};
  timestamp now = instant("2027-01-01T00:00:30Z");
  std::vector<std::pair<timestamp, schedule_event>> log;
  /// Of the last command.
  std::vector<schedule_effect> effects;

  explicit schedule_under_test(const std::string& cron = "* * * * *",
                               overlap_policy overlap = overlap_policy::skip) {
    spec.cron = cron;
    spec.overlap = overlap;
    what.title = "do it";
    what.project = "p";
    what.workflow_name = "w";
    what.inputs.text = "{}";
    what.budget = 5;
  }

  /// With what it is made.
  schedule_spec spec;
  run_created what;

  caf::error make() {
    return give(create_schedule{"p", "nightly", spec, what});
  }

  caf::error give(schedule_command command) {
    entity::context ctx{id, now, 0};
    entity::draft<run_schedule> to{state, ctx};
    if (auto refused = run_schedule::decide(to, command)) {
      REQUIRE(!to.changed());
      return refused;
    }
    for (auto& event : to.take_events())
      log.emplace_back(now, std::move(event));
    effects = to.take_effects();
    return caf::none;
  }

  /// Lets time pass up to *until*, with every alarm on its way.
  void pass(timestamp until) {
    for (;;) {
      auto at = run_schedule::wake_at(state);
      if (!at || *at > until)
        break;
      now = std::max(now, *at);
      REQUIRE(!give(*run_schedule::on_wake()));
      auto again = run_schedule::wake_at(state);
      REQUIRE((!again || *again > now));
    }
    now = std::max(now, until);
  }

  /// Nobody is there until *until*; then it is woken.
  void be_away_until(timestamp until) {
    now = until;
    pass(until);
  }

  caf::error end(const std::string& run, run_result result = run_result::done) {
    return give(firing_is_over{run, result, ""});
  }

  /// Runs at work, the one that is due first first.
  std::vector<std::string> running() const {
    std::vector<std::pair<uint64_t, std::string>> all;
    for (auto& [run, x] : state.running)
      all.emplace_back(x.number, run);
    std::sort(all.begin(), all.end());
    std::vector<std::string> result;
    for (auto& [number, run] : all)
      result.push_back(run);
    return result;
  }

  /// When what was begun was due.
  std::vector<std::string> begun() const {
    std::vector<std::string> result;
    for (auto& [at, x] : log)
      if (auto* began = std::get_if<firing_began>(&x))
        result.push_back(wire::format_time(began->due));
    return result;
  }

  /// What was skipped, as `reason count`.
  std::vector<std::string> skipped() const {
    std::vector<std::string> result;
    for (auto& x : state.skipped)
      result.push_back(std::string{wire::to_name(x.reason)} + " "
                       + std::to_string(x.count));
    return result;
  }

  run_schedule_state replayed() const {
    run_schedule_state result;
    for (auto& [at, x] : log)
      run_schedule::apply(result, x, at);
    return result;
  }
};

inline std::string time_of(std::string_view text) {
  return wire::format_time(instant(text));
}

} // namespace machine::test

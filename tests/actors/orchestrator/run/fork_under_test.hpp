#pragma once

#include "tests/actors/orchestrator/run/run_under_test.hpp"

namespace machine::test {

/// A run that goes on from events of another.
struct fork_under_test {
  using history = std::vector<std::pair<timestamp, run_event>>;

  fork_under_test(const run_under_test& from, uint64_t seq,
                  std::optional<std::string> retry = std::nullopt)
      : fork_under_test(from.log, seq, std::move(retry)) {}

  fork_under_test(const history& from, uint64_t seq,
                  std::optional<std::string> retry = std::nullopt) {
    auto what = std::get<run_created>(from.front().second);
    what.origin = run_origin{"r-1", seq, std::move(retry)};
    give(create_run{what});
    auto asked = give(grant_budget{what.budget});
    while (state.phase == run_phase::copying) {
      REQUIRE(asked.size() == 1);
      auto& next = std::get<copy_history>(asked.front());
      CHECK(next.run == "r-1");
      CHECK(next.last == seq);
      // Two at a time, and each twice.
      import_history more{next.first, {}};
      for (auto i = next.first; i <= std::min(next.first + 1, seq); ++i)
        more.events.push_back(wire::to_msgpack(
          entity::recorded<run_event>{from[i - 1].first, from[i - 1].second}));
      asked = give(more);
      CHECK(give(more).empty());
    }
    effects = std::move(asked);
  }

  std::vector<run_effect> give(const run_command& what) {
    entity::context ctx{{"t", "r-2"}, now, 0};
    entity::draft<run> to{state, ctx};
    if (auto refused = run::decide(to, what))
      FAIL(render(refused));
    for (auto& event : to.take_events()) {
      run::apply(again, event, now);
      log.push_back(std::move(event));
    }
    CHECK(again == state);
    return to.take_effects();
  }

  /// Its own log, to go on from.
  history events() const {
    history result;
    for (auto& event : log)
      result.emplace_back(now, event);
    return result;
  }

  void pass(duration time) {
    now += time;
    effects = give(wake_run{});
  }

  std::string phase(const std::string& activation) const {
    return std::string{wire::to_name(state.activations.at(activation).phase)};
  }

  std::vector<attempt_order> orders() const {
    std::vector<attempt_order> result;
    for (auto& x : effects)
      if (auto* start = std::get_if<start_attempt>(&x))
        result.push_back(start->order);
    return result;
  }

  run_state state;
  /// The same, from the log alone.
  run_state again;
  timestamp now{std::chrono::hours{9}};
  std::vector<run_event> log;
  std::vector<run_effect> effects;
};

} // namespace machine::test

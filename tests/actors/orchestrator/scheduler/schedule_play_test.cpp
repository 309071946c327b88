#include "tests/actors/orchestrator/scheduler/schedule_under_test.hpp"
#include "tests/support/draw.hpp"

#include <map>
#include <set>

using namespace machine;
using namespace machine::test;

namespace {

schedule_command any_command(schedule_under_test& it) {
  auto running = it.running();
  switch (draw(0, 10)) {
    case 0: return pause_schedule{"ann", ""};
    case 1: return resume_schedule{"ann"};
    case 2: return trigger_schedule{"ann"};
    case 3: return delete_schedule{"ann"};
    case 4: return create_schedule{"p", "nightly", it.spec, it.what};
    case 5: {
      auto spec = it.spec;
      spec.overlap = *rc::gen::element(
        overlap_policy::skip, overlap_policy::queue_one, overlap_policy::allow,
        overlap_policy::cancel_previous);
      spec.cron = draw_text({"* * * * *", "*/5 * * * *", "0 * * * *", "x"});
      return change_schedule{it.state.version, spec, it.what};
    }
    case 6: return wake_schedule{};
    default:
      if (running.empty())
        return firing_is_over{"r-none", run_result::done, ""};
      return firing_is_over{running[draw<size_t>(0, running.size())],
                            run_result::done, ""};
  }
}

/// What must hold after any command.
void check_state(const schedule_under_test& it) {
  auto& now = it.state;
  std::set<std::string> runs;
  std::set<timestamp> due;
  std::map<std::string, int> ends;
  timestamp latest{};
  for (auto& [at, x] : it.log) {
    latest = std::max(latest, at);
    if (auto* began = std::get_if<firing_began>(&x)) {
      RC_ASSERT(runs.insert(began->run).second);
      RC_ASSERT(began->number == runs.size());
      RC_ASSERT(began->due <= latest);
      if (began->cause == firing_cause::time)
        RC_ASSERT(due.insert(began->due).second);
    } else if (auto* ended = std::get_if<firing_ended>(&x)) {
      RC_ASSERT(runs.contains(ended->run));
      RC_ASSERT(++ends[ended->run] == 1);
    }
  }
  RC_ASSERT(now.running.size() + ends.size() == runs.size());
  RC_ASSERT(now.running.size() <= max_running);
  if (!now.exists || now.paused)
    RC_ASSERT(!run_schedule::wake_at(now));
  // Whatever waits, waits for somebody.
  if (now.waiting && !now.paused)
    RC_ASSERT(!now.running.empty());
  RC_ASSERT(run_schedule::outstanding(now, it.id).size() >= now.running.size());
  auto stored = wire::from_msgpack<run_schedule_state>(wire::to_msgpack(now));
  RC_ASSERT(stored && *stored == now);
}

} // namespace

TEST_CASE("whatever is asked of a schedule, each firing is one run") {
  CHECK(rc::check([] {
    auto overlap =
      *rc::gen::element(overlap_policy::skip, overlap_policy::queue_one,
                        overlap_policy::allow, overlap_policy::cancel_previous);
    schedule_under_test it{draw_text({"* * * * *", "*/7 * * * *", "0 * * * *"}),
                           overlap};
    it.spec.catch_up_window = duration{draw<int64_t>(0, 7'200'000)};
    RC_ASSERT(!it.make());
    for (auto left = draw(0, 50); left > 0; --left) {
      auto wait = std::chrono::seconds{draw(0, 4'000)};
      if (chance(2))
        it.pass(it.now + wait);
      else if (chance(4))
        it.now -= std::chrono::seconds{draw(0, 600)};
      else
        it.be_away_until(it.now + wait);
      auto events = it.log.size();
      if (it.give(any_command(it)))
        RC_ASSERT(it.log.size() == events);
      check_state(it);
      if (chance(5)) {
        auto again = it.replayed();
        RC_ASSERT(again == it.state);
        it.state = std::move(again);
      }
    }
  }));
}

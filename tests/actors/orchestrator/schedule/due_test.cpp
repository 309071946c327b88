#include "actors/orchestrator/schedule/due.hpp"
#include "tests/actors/orchestrator/schedule/times.hpp"

#include <rapidcheck.h>

#include <algorithm>

using namespace machine;
using namespace machine::test;
using namespace machine::orchestrator;
using namespace std::chrono_literals;

namespace {

schedule_spec hourly(overlap_policy overlap = overlap_policy::skip) {
  return {.cron = "0 * * * *", .overlap = overlap};
}

schedule loaded(schedule_spec spec) {
  auto result = load_schedule(std::move(spec));
  INFO((result ? "" : message_of(result.error())));
  REQUIRE(result);
  return *result;
}

/// The instant *hour* o'clock of one day, or of the days that follow it.
timestamp oclock(int hour) {
  return at("2026-06-01T00:00Z") + std::chrono::hours{hour};
}

due_decision decide(const schedule_spec& spec, timestamp last, timestamp now,
                    const schedule_load& load = {}) {
  return decide_due(loaded(spec), last, now, load);
}

using instants = std::vector<timestamp>;

} // namespace

TEST_CASE("a firing begins when it is due, and once") {
  auto early = decide(hourly(), oclock(1), oclock(2) - 1us);
  CHECK(early.start.empty());
  CHECK(early.skipped.empty());
  CHECK(early.considered == oclock(2) - 1us);
  CHECK(early.wake_at == oclock(2));
  auto due = decide(hourly(), early.considered, oclock(2) + 5ms);
  CHECK(due.start == instants{oclock(2)});
  CHECK(due.skipped.empty());
  CHECK(due.considered == oclock(2) + 5ms);
  CHECK(due.wake_at == oclock(3));
  CHECK(decide(hourly(), due.considered, oclock(2) + 1min).start.empty());
  CHECK(decide(hourly(), oclock(2), oclock(2)).start.empty());
}

TEST_CASE("a clock that is set back fires nothing again") {
  auto back = decide(hourly(), oclock(5), oclock(3));
  CHECK(back.start.empty());
  CHECK(back.skipped.empty());
  CHECK(back.considered == oclock(5));
  CHECK(back.wake_at == oclock(6));
}

TEST_CASE("a firing that is a little late was not missed, without a window") {
  auto spec = hourly();
  spec.catch_up_window = 0ms;
  CHECK(decide(spec, oclock(1), oclock(2) + max_lateness).start
        == instants{oclock(2)});
  auto late = decide(spec, oclock(1), oclock(2) + max_lateness + 1us);
  CHECK(late.start.empty());
  CHECK(late.skipped
        == std::vector{
          skipped_firings{skip_reason::missed, 1, oclock(2), oclock(2)}});
}

TEST_CASE("after a pause the newest of the window is made up") {
  auto spec = hourly();
  spec.catch_up_window = 3h;
  auto it = decide(spec, oclock(1), oclock(10));
  CHECK(it.start == instants{oclock(10)});
  CHECK(it.skipped
        == std::vector{
          skipped_firings{skip_reason::missed, 5, oclock(2), oclock(6)},
          skipped_firings{skip_reason::superseded, 3, oclock(7), oclock(9)}});
  CHECK(it.wake_at == oclock(11));
}

TEST_CASE("skip begins nothing beside what is at work") {
  auto it = decide(hourly(), oclock(1), oclock(3), {.running = 1});
  CHECK(it.start.empty());
  CHECK(!it.cancel_running);
  CHECK(it.skipped
        == std::vector{skipped_firings{skip_reason::still_running, 2, oclock(2),
                                       oclock(3)}});
}

TEST_CASE("of a queue of one, the newest waits until the other has ended") {
  auto spec = hourly(overlap_policy::queue_one);
  auto busy = decide(spec, oclock(1), oclock(2), {.running = 1});
  CHECK(busy.start.empty());
  CHECK(busy.waiting == oclock(2));
  CHECK(busy.skipped.empty());
  auto newer =
    decide(spec, oclock(2), oclock(3), {.running = 1, .waiting = oclock(2)});
  CHECK(newer.start.empty());
  CHECK(newer.waiting == oclock(3));
  CHECK(newer.skipped
        == std::vector{
          skipped_firings{skip_reason::superseded, 1, oclock(2), oclock(2)}});
  auto nothing_new = decide(spec, oclock(3), oclock(3) + 1min,
                            {.running = 1, .waiting = oclock(3)});
  CHECK(nothing_new.waiting == oclock(3));
  CHECK(nothing_new.skipped.empty());
  auto ended =
    decide(spec, oclock(3), oclock(3) + 1min, {.waiting = oclock(3)});
  CHECK(ended.start == instants{oclock(3)});
  CHECK(!ended.waiting);
  auto both = decide(spec, oclock(3), oclock(4), {.waiting = oclock(3)});
  CHECK(both.start == instants{oclock(3)});
  CHECK(both.waiting == oclock(4));
  auto pause = decide(spec, oclock(1), oclock(5));
  CHECK(pause.start == instants{oclock(4)});
  CHECK(pause.waiting == oclock(5));
}

TEST_CASE("allow begins as many of the newest as it may") {
  auto spec = hourly(overlap_policy::allow);
  spec.catch_up = 3;
  auto it = decide(spec, oclock(0), oclock(5), {.running = 7});
  CHECK(it.start == instants{oclock(3), oclock(4), oclock(5)});
  CHECK(it.skipped
        == std::vector{
          skipped_firings{skip_reason::too_many, 2, oclock(1), oclock(2)}});
  auto full = decide(spec, oclock(0), oclock(3), {.running = max_running - 1});
  CHECK(full.start == instants{oclock(3)});
  CHECK(decide(spec, oclock(0), oclock(1), {.running = max_running + 5})
          .start.empty());
}

TEST_CASE("cancel_previous cancels only for what begins") {
  auto spec = hourly(overlap_policy::cancel_previous);
  auto it = decide(spec, oclock(0), oclock(2), {.running = 1});
  CHECK(it.cancel_running);
  CHECK(it.start == instants{oclock(2)});
  CHECK(it.skipped
        == std::vector{
          skipped_firings{skip_reason::superseded, 1, oclock(1), oclock(1)}});
  CHECK(!decide(spec, oclock(0), oclock(1)).cancel_running);
  CHECK(
    !decide(spec, oclock(1), oclock(1) + 1min, {.running = 1}).cancel_running);
}

TEST_CASE("what waited under another policy is a candidate of this one") {
  schedule_load load{.waiting = oclock(1)};
  auto last = oclock(1) + 1min;
  CHECK(decide(hourly(), last, last, load).start == instants{oclock(1)});
  CHECK(decide(hourly(overlap_policy::allow), last, oclock(2), load).start
        == instants{oclock(1), oclock(2)});
  load.running = 1;
  auto it = decide(hourly(), last, last, load);
  CHECK(!it.waiting);
  CHECK(it.skipped.at(0).reason == skip_reason::still_running);
}

TEST_CASE("a schedule fires from its start to its end") {
  auto spec = hourly(overlap_policy::allow);
  spec.starts_at = oclock(3);
  spec.ends_at = oclock(5);
  auto early = decide(spec, oclock(0), oclock(1));
  CHECK(early.start.empty());
  CHECK(early.wake_at == oclock(3));
  auto all = decide(spec, oclock(0), oclock(9));
  CHECK(all.start == instants{oclock(3), oclock(4), oclock(5)});
  CHECK(all.skipped.empty());
  CHECK(!all.wake_at);
}

TEST_CASE("missed firings are counted up to a bound") {
  auto spec = hourly();
  spec.cron = "* * * * *";
  spec.catch_up_window = 0ms;
  auto last = oclock(0);
  auto all =
    decide(spec, last, last + std::chrono::minutes{max_counted} + 2min);
  REQUIRE(all.skipped.size() == 2);
  CHECK(all.skipped[0].count == max_counted);
  CHECK(!all.skipped[0].more);
  auto more = decide(spec, last, last + std::chrono::hours{24 * 3'650});
  CHECK(more.skipped.at(0).count == max_counted);
  CHECK(more.skipped.at(0).more);
  CHECK(more.skipped.at(0).first == last + 1min);
  CHECK(more.skipped.at(0).last == last + std::chrono::minutes{max_counted});
  CHECK(more.start == instants{last + std::chrono::hours{24 * 3'650}});
}

TEST_CASE("however decisions are cut, every firing is decided on once") {
  CHECK(rc::check([] {
    auto overlap =
      *rc::gen::element(overlap_policy::skip, overlap_policy::queue_one,
                        overlap_policy::allow, overlap_policy::cancel_previous);
    schedule_spec spec{
      .cron = "*/7 1-22 * * *", .zone = "Europe/Berlin", .overlap = overlap};
    spec.catch_up = *rc::gen::inRange(1u, max_catch_up + 1);
    spec.catch_up_window = duration{*rc::gen::inRange(0, 20'000'000)};
    auto what = loaded(spec);
    auto now = at("2026-03-28T12:00Z");
    auto first = now;
    uint64_t decided = 0;
    schedule_load load;
    for (auto minutes :
         *rc::gen::container<std::vector<int>>(rc::gen::inRange(-5, 300))) {
      auto last = now;
      now = last + std::chrono::minutes{minutes};
      load.running = std::min(load.running, *rc::gen::inRange(0u, 120u));
      auto held = load.waiting ? 1u : 0u;
      auto it = decide_due(what, last, now, load);
      RC_ASSERT(it.considered == std::max(last, now));
      RC_ASSERT(std::is_sorted(it.start.begin(), it.start.end()));
      RC_ASSERT(!it.waiting || overlap == overlap_policy::queue_one);
      for (auto& x : it.skipped)
        decided += x.count;
      decided += it.start.size() + (it.waiting ? 1 : 0) - held;
      RC_ASSERT(it.wake_at.has_value());
      RC_ASSERT(*it.wake_at > it.considered);
      now = it.considered;
      if (it.cancel_running)
        load.running = 0;
      load.running += static_cast<uint32_t>(it.start.size());
      load.waiting = it.waiting;
      RC_ASSERT(load.running <= max_running);
      if (overlap != overlap_policy::allow)
        RC_ASSERT(load.running <= 1u);
    }
    uint64_t due = 0;
    for (auto x = next_firing(what, first); *x <= now;
         x = next_firing(what, *x))
      ++due;
    RC_ASSERT(decided == due);
  }));
}

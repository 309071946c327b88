#include "actors/orchestrator/schedule/due.hpp"
#include "tests/actors/orchestrator/schedule/times.hpp"
#include "tests/runtime/wire/formats.hpp"

using namespace machine;
using namespace machine::test;
using namespace machine::orchestrator;
using namespace std::chrono_literals;

namespace {

std::string problem(const schedule_spec& spec) {
  auto err = check_schedule(spec);
  REQUIRE(err);
  CHECK(code_of(err) == ec::invalid_argument);
  return message_of(err);
}

const schedule_spec good{.cron = "0 3 * * *", .zone = "Europe/Berlin"};

} // namespace

TEST_CASE("types of schedules survive every format") {
  check_formats<schedule_spec>();
  check_formats<skipped_firings>();
}

TEST_CASE("a schedule within its bounds is right") {
  CHECK(!check_schedule(good));
  for (auto window : {duration{0}, max_catch_up_window}) {
    auto spec = good;
    spec.catch_up_window = window;
    CHECK(!check_schedule(spec));
  }
  for (auto most : {1u, max_catch_up}) {
    auto spec = good;
    spec.catch_up = most;
    CHECK(!check_schedule(spec));
  }
  auto spec = good;
  spec.starts_at = at("2026-06-01T01:00Z");
  spec.ends_at = spec.starts_at;
  CHECK(!check_schedule(spec));
}

TEST_CASE("what is wrong with a schedule is named, member by member") {
  auto spec = good;
  spec.catch_up_window = max_catch_up_window + 1ms;
  CHECK(problem(spec)
        == "schedule: catch_up_window: 2678400001 ms is out of range; use 0 to "
           "2678400000 (31 days)");
  spec = good;
  spec.catch_up_window = -1ms;
  CHECK(problem(spec).starts_with("schedule: catch_up_window: -1 ms "));
  for (auto most : {0u, max_catch_up + 1}) {
    spec = good;
    spec.catch_up = most;
    CHECK(problem(spec)
          == "schedule: catch_up: " + std::to_string(most)
               + " firings is out of range; use 1 to 100");
  }
  spec = good;
  spec.overlap = static_cast<overlap_policy>(9);
  CHECK(problem(spec).starts_with("schedule: overlap: there is no such "));
  spec = good;
  spec.starts_at = at("2026-06-02T00:00Z");
  spec.ends_at = at("2026-06-01T00:00Z");
  CHECK(problem(spec)
        == "schedule: ends_at: it ends before it starts; use a time after "
           "starts_at");
  for (auto x : {timestamp::min(), timestamp::max()}) {
    spec = good;
    spec.starts_at = x;
    CHECK(problem(spec).starts_with("schedule: starts_at: it is out of range"));
    spec = good;
    spec.ends_at = x;
    CHECK(problem(spec).starts_with("schedule: ends_at: it is out of range"));
  }
}

TEST_CASE("a schedule that never fires is wrong") {
  auto spec = good;
  spec.cron = "0 0 30 FEB *";
  CHECK(problem(spec)
        == "schedule: cron expression \"0 0 30 FEB *\": it never fires; use a "
           "day that its months have");
  spec = good;
  spec.starts_at = at("2026-06-01T01:00:01Z");
  spec.ends_at = at("2026-06-02T00:59:59Z");
  CHECK(problem(spec)
        == "schedule: ends_at: it does not fire between starts_at and ends_at; "
           "use a later end");
}

TEST_CASE("everything that is wrong is said at once") {
  schedule_spec spec{.cron = "0 25 * * *", .zone = "Europe/Berlim"};
  spec.catch_up = 0;
  CHECK(
    problem(spec)
    == "schedule: cron expression \"0 25 * * *\": hour: \"25\" is out of "
       "range; write 0 to 23; time zone \"Europe/Berlim\": there is none of "
       "that name; did you mean Europe/Berlin?; catch_up: 0 firings is out "
       "of range; use 1 to 100");
}

#include "actors/orchestrator/retention/retention.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using namespace std::chrono_literals;

namespace {

timestamp at(std::chrono::seconds x) {
  return timestamp{x};
}

using ids = std::vector<std::string>;

/// Created, ended and changed at these times.
ended_run one(std::string id, std::chrono::seconds created,
              std::chrono::seconds ended, std::chrono::seconds changed) {
  return {std::move(id), at(created), at(ended), at(changed)};
}

} // namespace

TEST_CASE("a run is archived when its time has passed, and not before") {
  retention_rules rules{duration{10'000}, std::nullopt};
  const std::vector<ended_run> page{one("a", 0s, 5s, 6s)};
  CHECK(due_to_archive(rules, page, at(15s)).ids.empty());
  CHECK(due_to_archive(rules, page, at(16s)).ids == ids{"a"});
}

TEST_CASE("one that was taken out of the archive stays out for as long again") {
  retention_rules rules{duration{10'000}, std::nullopt};
  const std::vector<ended_run> page{one("a", 0s, 5s, 100s)};
  CHECK(due_to_archive(rules, page, at(109s)).ids.empty());
  CHECK(due_to_archive(rules, page, at(110s)).ids == ids{"a"});
}

TEST_CASE("an archived run is erased by the time of its end") {
  retention_rules rules{duration{1'000}, duration{10'000}};
  const std::vector<ended_run> page{one("a", 0s, 5s, 100s)};
  CHECK(due_to_erase(rules, page, at(14s)).ids.empty());
  CHECK(due_to_erase(rules, page, at(15s)).ids == ids{"a"});
  // Of what has no end nobody knows when its time has come.
  CHECK(due_to_erase(rules, {{"b", at(0s), std::nullopt, at(0s)}}, at(1h))
          .ids.empty());
}

TEST_CASE("never is never") {
  const std::vector<ended_run> page{one("a", 0s, 0s, 0s)};
  CHECK(due_to_archive({}, page, timestamp::max()).ids.empty());
  CHECK(due_to_erase({duration{1}, {}}, page, timestamp::max()).ids.empty());
  CHECK(!due_to_archive({}, page, timestamp::max()).go_on);
  CHECK(!due_to_erase({}, page, timestamp::max()).go_on);
}

TEST_CASE("a walk ends where all that follow began too late") {
  retention_rules rules{duration{10'000}, duration{10'000}};
  std::vector<ended_run> page{one("a", 0s, 1s, 1s), one("b", 1s, 99s, 99s),
                              one("c", 2s, 3s, 3s)};
  CHECK(due_to_archive(rules, page, at(20s)).ids == ids{"a", "c"});
  CHECK(due_to_archive(rules, page, at(20s)).go_on);
  page.push_back(one("d", 11s, 12s, 12s));
  auto due = due_to_erase(rules, page, at(20s));
  CHECK(due.ids == ids{"a", "c"});
  CHECK(!due.go_on);
  CHECK(due_to_archive(rules, {}, at(20s)).go_on);
}

TEST_CASE("sweeps come as often as the shortest time asks for, within reason") {
  CHECK(sweep_pause({}, std::nullopt) == 1h);
  CHECK(sweep_pause({duration{30 * 86'400'000LL}, {}}, 24h) == 1h);
  CHECK(sweep_pause({duration{40'000}, {}}, 24h) == 10s);
  CHECK(sweep_pause({{}, duration{60'000}}, std::nullopt) == 15s);
  CHECK(sweep_pause({duration{1}, {}}, std::nullopt) == 1s);
  CHECK(sweep_pause({}, 20s) == 5s);
}

TEST_CASE("a kept answer is erased by the time of its last event") {
  retention_rules rules{{}, {}, duration{10'000}};
  const std::vector<ended_run> page{one("a", 0s, 0s, 5s), one("b", 1s, 0s, 2s),
                                    one("c", 9s, 0s, 9s)};
  CHECK(due_to_forget(rules, page, at(11s)).ids.empty());
  CHECK(due_to_forget(rules, page, at(12s)).ids == ids{"b"});
  CHECK(due_to_forget(rules, page, at(15s)).ids == ids{"a", "b"});
  CHECK(!due_to_forget(rules, page, at(18s)).go_on);
  CHECK(due_to_forget(rules, page, at(19s)).ids == ids{"a", "b", "c"});
  CHECK(due_to_forget(rules, page, at(19s)).go_on);
}

TEST_CASE("a day is how long answers are kept") {
  const std::vector<ended_run> page{one("a", 0s, 0s, 0s)};
  CHECK(due_to_forget({}, page, at(24h - 1s)).ids.empty());
  CHECK(due_to_forget({}, page, at(24h)).ids == ids{"a"});
  CHECK(sweep_pause({{}, {}, 1min}, {}) == 15s);
}

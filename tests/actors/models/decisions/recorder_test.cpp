#include "actors/models/decisions/recorder.hpp"

#include "runtime/clock.hpp"
#include "runtime/store/lmdb.hpp"
#include "tests/actors/models/decisions/decision_example.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>

using namespace machine;
using namespace machine::models;
using test::example_decision;
using test::has;

namespace {

constexpr const char* tenant = "acme";

constexpr std::chrono::seconds patience{30};

std::shared_ptr<store::engine> open(const std::string& path) {
  auto result = store::open_lmdb(path);
  REQUIRE(result);
  return *result;
}

std::vector<decision_record> kept_in(store::engine& engine) {
  auto page = list_decisions(
    [&](auto what) {
      what.tenant = tenant;
      return engine.list(what);
    },
    {}, "", 1'000);
  REQUIRE(page);
  return page->items;
}

/// A recorder before a store on disk.
struct recording {
  test::temporary_directory dir;
  std::shared_ptr<store::engine> engine = open(dir / "store");
  std::atomic<size_t> appends{0};
  std::atomic<size_t> streams{0};
  std::atomic<duration::rep> ahead{0};
  std::mutex mutex;
  std::condition_variable changed;
  size_t erased = 0;
  std::vector<std::string> failures;
  /// While it is set, appends wait here.
  bool holds = false;
  std::vector<std::function<void()>> held;
  uint64_t epoch = engine->claim_shard(0, "test", duration{60'000})->epoch;
  size_t lost = 0;
  std::unique_ptr<decision_recorder> recorder;

  /// Gathers until somebody waits.
  static recorder_rules patient() {
    recorder_rules result;
    result.gather = std::chrono::hours{1};
    return result;
  }

  explicit recording(recorder_rules rules = patient()) {
    start(rules);
  }

  /// Begins to record, as another start of the machine does.
  void start(recorder_rules rules) {
    recorder.reset();
    recorder_services uses;
    uses.append = [this](store::batch what, store::commit_handler done) {
      ++appends;
      streams += what.streams.size();
      auto go = [this, what, done] {
        engine->append(what, [this, done, count = what.erased.size()](auto x) {
          {
            std::lock_guard guard{mutex};
            erased += x ? count : 0;
            changed.notify_all();
          }
          done(std::move(x));
        });
      };
      std::lock_guard guard{mutex};
      if (holds)
        held.push_back(go);
      else
        go();
      changed.notify_all();
    };
    uses.list = [this](auto what) { return engine->list(what); };
    uses.epoch = [this](uint32_t) {
      std::lock_guard guard{mutex};
      return caf::expected<uint64_t>{epoch};
    };
    uses.lost = [this](uint32_t, uint64_t) {
      auto mine = engine->claim_shard(0, "test", duration{60'000});
      REQUIRE(mine);
      std::lock_guard guard{mutex};
      epoch = mine->epoch;
      ++lost;
    };
    uses.now = [this] { return wall_clock() + duration{ahead}; };
    uses.tenants = [] {
      return caf::expected<std::vector<std::string>>{{tenant}};
    };
    uses.failed = [this](const caf::error& why) {
      std::lock_guard guard{mutex};
      failures.push_back(message_of(why));
      changed.notify_all();
    };
    recorder = std::make_unique<decision_recorder>(std::move(uses), rules);
  }

  ~recording() {
    recorder->close();
    engine->close();
  }

  void note(decision_record what, const std::string& whose = tenant) {
    recorder->note(
      std::make_shared<noted_decision>(noted_decision{whose, std::move(what)}));
  }

  void settle() {
    REQUIRE(recorder->settle(patience));
  }

  template <class Condition>
  void wait(Condition holds_now) {
    std::unique_lock lock{mutex};
    REQUIRE(changed.wait_for(lock, patience, holds_now));
  }
};

} // namespace

TEST_CASE("decisions are found by their ids, and listed newest first") {
  recording it;
  auto now = wall_clock();
  for (uint64_t i = 0; i < 3; ++i)
    it.note(example_decision(now, i));
  it.settle();
  auto all = kept_in(*it.engine);
  REQUIRE(all.size() == 3);
  CHECK(all[0].id == new_call_id(now, 2, 2));
  CHECK(all[2].id == new_call_id(now, 0, 0));
  auto row = it.engine->read_summary(
    {decision_shelf::kind, tenant, new_call_id(now, 1, 1)});
  REQUIRE(row);
  auto one = decision_of(row->summary);
  REQUIRE(one);
  CHECK(one->chosen == example_decision(now, 1).chosen);
  CHECK(one->tries == example_decision(now, 1).tries);
  CHECK(one->result == example_decision(now, 1).result);
  CHECK(one->asked == example_decision(now, 1).asked);
}

TEST_CASE("what gathers is written with one append") {
  auto rules = recording::patient();
  rules.max_batch = 10;
  recording it{rules};
  auto now = wall_clock();
  for (uint64_t i = 0; i < 4; ++i)
    it.note(example_decision(now, i));
  CHECK(it.appends == 0);
  it.settle();
  CHECK(it.appends == 1);
  CHECK(it.streams == 4);
  // A full batch waits for nobody.
  for (uint64_t i = 10; i < 20; ++i)
    it.note(example_decision(now, i));
  it.wait([&] { return it.appends == 2; });
  CHECK(it.streams == 14);
}

TEST_CASE("an end without warning loses no more than what was not written") {
  recording it;
  auto now = wall_clock();
  it.note(example_decision(now, 1));
  it.note(example_decision(now, 2));
  it.settle();
  it.note(example_decision(now, 3));
  // The files as they stand now are what a killed process leaves.
  REQUIRE(it.engine->backup(it.dir / "killed"));
  auto again = open(it.dir / "killed");
  auto left = kept_in(*again);
  REQUIRE(left.size() == 2);
  CHECK(left[0].id == new_call_id(now, 2, 2));
  again->close();
}

TEST_CASE("what waits is written before the end") {
  recording it;
  it.note(example_decision(wall_clock(), 1));
  it.recorder->close();
  CHECK(kept_in(*it.engine).size() == 1);
  it.note(example_decision(wall_clock(), 2));
  CHECK(it.recorder->dropped() == 1);
  it.engine->close();
  auto again = open(it.dir / "store");
  CHECK(kept_in(*again).size() == 1);
  again->close();
}

TEST_CASE("while the store is slow the newest are left out, and nobody waits") {
  recorder_rules rules;
  rules.gather = duration{0};
  rules.max_batch = 1;
  rules.max_waiting = 5;
  recording it{rules};
  {
    std::lock_guard guard{it.mutex};
    it.holds = true;
  }
  auto now = wall_clock();
  it.note(example_decision(now, 0));
  it.wait([&] { return it.held.size() == 1; });
  for (uint64_t i = 1; i <= 8; ++i)
    it.note(example_decision(now, i));
  CHECK(it.recorder->dropped() == 3);
  CHECK_FALSE(it.recorder->settle(duration{1}));
  std::vector<std::function<void()>> held;
  {
    std::lock_guard guard{it.mutex};
    it.holds = false;
    held.swap(it.held);
  }
  for (auto& go : held)
    go();
  it.settle();
  auto all = kept_in(*it.engine);
  REQUIRE(all.size() == 6);
  CHECK(all[0].id == new_call_id(now, 5, 5));
  it.wait([&] { return !it.failures.empty(); });
  CHECK(has(it.failures[0], "3 decisions of models were not kept"));
}

TEST_CASE("what waits is bounded in bytes too") {
  auto rules = recording::patient();
  rules.max_waiting_bytes = 100'000;
  recording it{rules};
  auto large = example_decision(wall_clock(), 1);
  large.chosen.rejections.resize(1'000);
  it.note(large);
  CHECK(it.recorder->dropped() == 1);
  it.note(example_decision(wall_clock(), 2));
  CHECK(it.recorder->dropped() == 1);
}

TEST_CASE("one that cannot be kept does not keep the others from it") {
  recording it;
  it.note(example_decision(wall_clock(), 1), "no such/tenant");
  it.note(example_decision(wall_clock(), 2));
  it.settle();
  CHECK(kept_in(*it.engine).size() == 1);
  CHECK(it.recorder->dropped() == 1);
  it.wait([&] { return !it.failures.empty(); });
  CHECK(has(it.failures[0], "1 decisions of models were not kept"));
}

TEST_CASE("a recorder whose shard was taken claims it again") {
  recording it;
  {
    std::lock_guard guard{it.mutex};
    it.epoch += 7;
  }
  it.note(example_decision(wall_clock(), 1));
  it.settle();
  CHECK(it.lost == 1);
  CHECK(kept_in(*it.engine).size() == 1);
  CHECK(it.recorder->dropped() == 0);
}

TEST_CASE("decisions are erased when they have been kept long enough") {
  recorder_rules rules;
  rules.gather = duration{0};
  rules.keep = std::chrono::hours{10};
  rules.sweep_every = duration{1};
  recording it{rules};
  it.ahead = duration{std::chrono::hours{9}}.count();
  // More than are counted or erased at one time.
  for (uint64_t i = 0; i < 2'500; ++i)
    it.note(example_decision(wall_clock(), i));
  it.settle();
  CHECK(kept_in(*it.engine).size() == 1'000);
  it.ahead = duration{std::chrono::hours{11}}.count();
  it.wait([&] { return it.erased == 2'500; });
  CHECK(kept_in(*it.engine).empty());
}

TEST_CASE(
  "no more decisions are kept of a tenant than may be, and the newest") {
  auto now = wall_clock();
  recorder_rules rules;
  rules.gather = duration{0};
  rules.max_kept = 10;
  rules.keep.reset();
  rules.sweep_every = duration{1};
  recording it{rules};
  for (uint64_t i = 0; i < 25; ++i)
    it.note(example_decision(now, i));
  it.settle();
  it.wait([&] { return it.erased == 15; });
  auto left = kept_in(*it.engine);
  REQUIRE(left.size() == 10);
  CHECK(left.front().id == new_call_id(now, 24, 24));
  CHECK(left.back().id == new_call_id(now, 15, 15));
}

TEST_CASE("what an earlier start has kept is counted") {
  auto now = wall_clock();
  recorder_rules rules = recording::patient();
  rules.max_kept = 3;
  recording it{rules};
  // Nobody has counted yet, and the first look is a minute away.
  for (uint64_t i = 0; i < 8; ++i)
    it.note(example_decision(now, i));
  it.settle();
  CHECK(kept_in(*it.engine).size() == 8);
  rules.sweep_every = duration{1};
  it.start(rules);
  it.wait([&] { return it.erased == 5; });
  CHECK(kept_in(*it.engine).size() == 3);
}

#include "runtime/supervisor/supervisor.hpp"

#include "runtime/supervisor/door.hpp"
#include "tests/support/deterministic.hpp"

#include <caf/send.hpp>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::supervision;
using namespace std::chrono_literals;

namespace {

/// Tells which incarnation it is; fails when it is told to.
using worker_actor = caf::typed_actor<caf::replies_to<int>::with<int>,
                                      caf::reacts_to<atom::idle, entity::key>>;

struct supervised : test::deterministic {
  std::vector<std::string> failures;
  std::vector<int> told;
  int gave_up = 0;
  int spawned = 0;
  worker_actor first = make_door<worker_actor>(system);
  worker_actor second = make_door<worker_actor>(system);
  supervisor_actor supervisor;

  worker_actor::behavior_type worker(worker_actor::pointer self, int number) {
    return {
      [number](int) { return number; },
      [self](atom::idle, const entity::key& how) {
        if (how.id == "normal")
          self->quit();
        else
          self->quit(make_error(ec::internal, "on purpose"));
      },
    };
  }

  child make_child(const char* name, const worker_actor& door) {
    child result;
    result.name = name;
    result.door = caf::actor_cast<caf::strong_actor_ptr>(door);
    result.spawn = [this] {
      auto number = ++spawned;
      return caf::actor_cast<caf::strong_actor_ptr>(
        system.spawn([this, number](worker_actor::pointer self) {
          return worker(self, number);
        }));
    };
    result.restarted = [this] { told.push_back(spawned); };
    return result;
  }

  supervised() {
    supervisor_options how;
    how.intensity = {2, duration{10'000}};
    how.now = [this] { return now(); };
    how.failed = [this](const std::string& name, const caf::error&) {
      failures.push_back(name);
    };
    how.gave_up = [this](const caf::error&) { ++gave_up; };
    supervisor = supervise(
      system, {make_child("first", first), make_child("second", second)}, how);
    run();
  }

  ~supervised() override {
    end();
  }

  void end() {
    caf::anon_send_exit(supervisor, caf::exit_reason::kill);
    supervisor = nullptr;
    run();
  }

  void fail(const worker_actor& which) {
    caf::anon_send(which, atom::idle_v, entity::key{"t", "failure"});
    run();
  }
};

} // namespace

TEST_CASE_METHOD(supervised, "a child that fails is replaced, and it alone") {
  CHECK(ask<int>(first, 0) == 1);
  CHECK(ask<int>(second, 0) == 2);
  fail(first);
  CHECK(failures == std::vector<std::string>{"first"});
  CHECK(told == std::vector<int>{3});
  CHECK(ask<int>(first, 0) == 3);
  CHECK(ask<int>(second, 0) == 2);
  auto status = ask<std::vector<child_status>>(supervisor, atom::inspect_v);
  REQUIRE(status);
  CHECK(*status
        == std::vector<child_status>{{"first", 1, true}, {"second", 0, true}});
}

TEST_CASE_METHOD(supervised, "a child that ends as it should is not replaced") {
  caf::anon_send(first, atom::idle_v, entity::key{"t", "normal"});
  run();
  CHECK(failures.empty());
  auto answer = ask<int>(first, 0);
  REQUIRE(!answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
  CHECK(ask<int>(second, 0) == 2);
}

TEST_CASE_METHOD(supervised, "too many failures end all children, once") {
  for (int i = 0; i < 2; ++i)
    fail(first);
  CHECK(gave_up == 0);
  fail(second);
  CHECK(gave_up == 1);
  CHECK(failures == std::vector<std::string>{"first", "first", "second"});
  for (auto& door : {first, second}) {
    auto answer = ask<int>(door, 0);
    REQUIRE(!answer);
    CHECK(code_of(answer.error()) == ec::unavailable);
  }
  CHECK(spawned == 4);
  auto status = ask<std::vector<child_status>>(supervisor, atom::inspect_v);
  REQUIRE(status);
  CHECK(
    *status
    == std::vector<child_status>{{"first", 2, false}, {"second", 0, false}});
}

TEST_CASE_METHOD(supervised, "failures that are far apart do not add up") {
  for (int i = 0; i < 10; ++i) {
    fail(first);
    advance(5s);
  }
  CHECK(gave_up == 0);
  CHECK(ask<int>(first, 0) == 12);
}

TEST_CASE_METHOD(supervised, "children and doors end with their supervisor") {
  auto there = door_of(first).leads_to();
  self->monitor(there);
  self->monitor(first);
  end();
  int ended = 0;
  for (int i = 0; i < 2; ++i)
    self->receive([&](caf::down_msg&) { ++ended; });
  CHECK(ended == 2);
  CHECK(!door_of(first).leads_to());
}

TEST_CASE("no period holds more restarts than are allowed") {
  CHECK(rc::check([] {
    restart_intensity bound{*rc::gen::inRange<uint32_t>(0, 6),
                            duration{*rc::gen::inRange(1, 50)}};
    restart_history history{bound};
    std::vector<timestamp> allowed;
    timestamp now{};
    for (auto left = *rc::gen::inRange(0, 60); left > 0; --left) {
      now += std::chrono::microseconds{*rc::gen::inRange(0, 20'000)};
      auto in_period =
        std::count_if(allowed.begin(), allowed.end(),
                      [&](timestamp at) { return at + bound.period > now; });
      auto may = history.may_restart(now);
      RC_ASSERT(may == (in_period < bound.max_restarts));
      if (may)
        allowed.push_back(now);
    }
    RC_ASSERT(history.total() == allowed.size());
  }));
}

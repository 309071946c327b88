#include "actors/node/actors.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "actors/tracker/summary.hpp"
#include "runtime/supervisor/door.hpp"
#include "tests/support/machine_under_test.hpp"

#include <caf/send.hpp>

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;

namespace {

constexpr const char* asking = R"(
name: asking
steps: [{id: ok, approve: "Go on?"}]
)";

/// A project in which one run works at a time: the first asks, others wait.
struct full_project : test::machine_under_test {
  full_project() : machine_under_test("rules: []\n") {
    REQUIRE(
      !tell(tracker::change_project{std::nullopt, tracker::runs_limit{1}}));
    first = begin();
    wait(first, [](auto& now) { return !now.interrupts.empty(); });
    second = begin();
    queued(second);
    third = begin();
    queued(third);
  }

  using machine_under_test::tell;

  caf::error tell(tracker::project_command what) {
    return machine_under_test::tell("default", std::move(what));
  }

  std::string begin() {
    return start(asking);
  }

  void queued(const std::string& id) {
    wait(id, [](auto& now) { return now.phase == run_phase::queued; });
  }

  void answer(const std::string& id) {
    wait(id, [](auto& now) { return !now.interrupts.empty(); });
    auto tell = [&] {
      return machine_under_test::tell(
        id,
        run_command{answer_interrupt{"ok", {R"({"approved":true})"}, "ann"}});
    };
    // Whoever has just failed says so, and is asked again.
    auto why = tell();
    for (int i = 0; i < 1'000 && code_of(why) == ec::unavailable; ++i)
      why = tell();
    INFO(render(why));
    REQUIRE((!why || code_of(why) == ec::conflict));
  }

  /// Lets every run come to its end, one after the other.
  void finish() {
    for (auto& id : {first, second, third}) {
      answer(id);
      CHECK(wait_for_end(id).result == run_result::done);
    }
    auto books = project();
    CHECK(books.leases.empty());
    CHECK(books.waiting.empty());
    for (auto& id : {first, second, third})
      CHECK(count<budget_granted>(id) == 1);
  }

  std::string first;
  std::string second;
  std::string third;
};

} // namespace

TEST_CASE("a queue is there after a restart, in its order") {
  full_project it;
  it.restart();
  auto queue = tracker::queue_of(it.project());
  REQUIRE(queue.size() == 2);
  CHECK(queue[0].run == it.second);
  it.finish();
}

TEST_CASE("who waits in a queue begins, whoever has failed meanwhile") {
  full_project it;
  auto& actors = it.node().actors();
  auto fail = [](auto& door) {
    caf::anon_send_exit(supervision::door_of(door).leads_to(),
                        caf::exit_reason::unhandled_exception);
  };
  switch (GENERATE(0, 1, 2)) {
    case 0: fail(actors.projects); break;
    case 1: fail(actors.bookkeeper); break;
    default: fail(actors.runs); break;
  }
  it.finish();
}

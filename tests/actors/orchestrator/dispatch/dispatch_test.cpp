#include "tests/actors/orchestrator/dispatch/dispatch_under_test.hpp"

using namespace machine;
using namespace machine::orchestrator;
using namespace std::chrono_literals;
using test::command_order;
using test::dispatch_under_test;

TEST_CASE_METHOD(dispatch_under_test, "no more work at once than there may") {
  for (auto step : {"a", "b", "c", "d"})
    start(command_order(step, 1));
  REQUIRE(runs.all<intend_effect>().size() == 2);
  kill(0);
  run();
  auto begun = runs.all<intend_effect>();
  REQUIRE(begun.size() == 3);
  CHECK(begun[2].activation == "c");
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a permission that was long under way is asked for again") {
  start(command_order("a", 1));
  auto asked = [this] { return runs.all<intend_effect>(); };
  REQUIRE(asked().size() == 1);
  advance(permission_lasts);
  runs.answer(0);
  run();
  REQUIRE(asked().size() == 2);
  CHECK(wire::to_json(asked()[1]) == wire::to_json(asked()[0]));
  advance(permission_lasts - 1ms);
  runs.answer(1);
  run();
  CHECK(asked().size() == 2);
}

TEST_CASE_METHOD(dispatch_under_test, "a run hears of a worker that died") {
  start(command_order("a", 7));
  kill(0);
  run();
  auto told = runs.all<fail_attempt>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].activation == "a");
  CHECK(told[0].token == 7);
  CHECK(told[0].code == "internal");
  CHECK(told[0].message == "the worker of a died: boom");
}

TEST_CASE_METHOD(dispatch_under_test,
                 "what there is no room for is told again") {
  auto code = GENERATE(ec::storage_full, ec::overloaded, ec::unavailable);
  start(command_order("a", 1));
  refuse<fail_attempt>(code);
  kill(0);
  run();
  for (size_t n = 1; n < 4; ++n) {
    CHECK(runs.all<fail_attempt>().size() == n);
    advance(500ms);
  }
  runs.refuse = nullptr;
  advance(500ms);
  auto enough = runs.all<fail_attempt>().size();
  advance(60s);
  CHECK(runs.all<fail_attempt>().size() == enough);
}

TEST_CASE_METHOD(dispatch_under_test, "what was settled is left alone") {
  auto code = GENERATE(ec::fenced, ec::not_found);
  start(command_order("a", 1));
  refuse<fail_attempt>(code);
  kill(0);
  run();
  advance(60s);
  CHECK(runs.all<fail_attempt>().size() == 1);
  CHECK(runs.all<cancel_run>().empty());
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a run that can record no end of an attempt is cancelled") {
  auto order = command_order("a", 1);
  // A command without a workspace fails at once.
  order.directory.clear();
  refuse<fail_attempt>(ec::limit_exceeded);
  start(order);
  advance(60s);
  auto told = runs.all<fail_attempt>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].code == "invalid_argument");
  CHECK(told[1].code == "limit_exceeded");
  auto last = runs.all<cancel_run>();
  REQUIRE(last.size() == 1);
  CHECK(last[0].reason == "the end of a cannot be recorded: so it is");
}

TEST_CASE_METHOD(dispatch_under_test, "what is stopped before it begins never "
                                      "begins") {
  tools->capacity = 1;
  start(command_order("a", 1));
  start(command_order("b", 2));
  refuse<attempt_is_stopped>(ec::storage_full);
  stop("b", 2);
  // Its run has to hear of it, also if there is no room for the moment.
  runs.refuse = nullptr;
  advance(500ms);
  auto told = runs.all<attempt_is_stopped>();
  REQUIRE(told.size() == 2);
  CHECK(told[1] == attempt_is_stopped{"b", 2});
  kill(0);
  run();
  CHECK(runs.all<intend_effect>().size() == 1);
}

TEST_CASE_METHOD(dispatch_under_test, "a stop that comes to a dead worker is "
                                      "answered") {
  start(command_order("a", 1));
  auto died_first = GENERATE(true, false);
  if (died_first)
    kill(0);
  caf::anon_send(dispatch, atom::stop_v, id, std::string{"a"}, uint64_t{1});
  if (!died_first)
    kill(0);
  run();
  auto told = runs.all<attempt_is_stopped>();
  REQUIRE(!told.empty());
  CHECK(told.back() == attempt_is_stopped{"a", 1});
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a worker that takes the place of another waits for its end") {
  start(command_order("a", 1));
  hold<attempt_is_stopped>();
  start(command_order("a", 2));
  // The first one has stopped what it does, and still has to say so.
  REQUIRE(runs.asked.size() == 2);
  CHECK(runs.all<attempt_is_stopped>().size() == 1);
  hold<intend_effect>();
  SECTION("and begins then") {
    runs.answer(1);
    run();
    auto begun = runs.all<intend_effect>();
    REQUIRE(begun.size() == 2);
    CHECK(begun[1].token == 2);
  }
  SECTION("and does not begin if it was stopped meanwhile") {
    stop("a", 2);
    CHECK(runs.all<attempt_is_stopped>().size() == 1);
    runs.answer(1);
    run();
    CHECK(runs.all<intend_effect>().size() == 1);
    CHECK(runs.all<attempt_is_stopped>().back() == attempt_is_stopped{"a", 2});
  }
}

TEST_CASE_METHOD(dispatch_under_test, "an order that comes late is none") {
  tools->capacity = 1;
  SECTION("while a newer one is worked on") {
    start(command_order("a", 2));
    start(command_order("a", 1));
  }
  SECTION("while a newer one waits for the end of a worker") {
    start(command_order("a", 1));
    hold<attempt_is_stopped>();
    start(command_order("a", 3));
    hold<intend_effect>();
    start(command_order("a", 2));
    runs.answer(1);
    run();
    REQUIRE(runs.all<intend_effect>().size() == 2);
    CHECK(runs.all<intend_effect>()[1].token == 3);
    return;
  }
  SECTION("while a newer one waits for room") {
    start(command_order("b", 1));
    start(command_order("a", 3));
    start(command_order("a", 2));
    probe("a", 3);
    CHECK(runs.all<attempt_is_lost>().empty());
    probe("a", 2);
    CHECK(runs.all<attempt_is_lost>().size() == 1);
  }
  CHECK(runs.all<intend_effect>().size() == 1);
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a run that asks after a worker hears if there is none") {
  tools->capacity = 1;
  start(command_order("working", 1));
  start(command_order("waiting", 2));
  hold<attempt_is_stopped>();
  start(command_order("working", 3));
  probe("working", 1);
  probe("waiting", 2);
  probe("working", 3);
  CHECK(runs.all<attempt_is_lost>().empty());
  probe("unknown", 4);
  probe("waiting", 5);
  auto told = runs.all<attempt_is_lost>();
  REQUIRE(told.size() == 2);
  CHECK(told[0] == attempt_is_lost{"unknown", 4});
  CHECK(told[1] == attempt_is_lost{"waiting", 5});
}

TEST_CASE_METHOD(dispatch_under_test,
                 "an end that is being told is told as it is") {
  refuse<fail_attempt>(ec::storage_full);
  start(command_order("a", 1));
  kill(0);
  run();
  probe("a", 1);
  CHECK(runs.all<attempt_is_lost>().empty());
  runs.refuse = nullptr;
  advance(500ms);
  CHECK(runs.all<fail_attempt>().size() == 2);
  probe("a", 1);
  CHECK(runs.all<attempt_is_lost>().size() == 1);
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a worker whose token is not taken says so, once") {
  refuse<intend_effect>(ec::fenced);
  runs.hold = nullptr;
  start(command_order("a", 1));
  auto told = runs.all<attempt_is_lost>();
  REQUIRE(told.size() == 1);
  CHECK(told[0] == attempt_is_lost{"a", 1});
  CHECK(runs.all<fail_attempt>().empty());
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a dispatch that is started again waits for workers of the "
                 "one before it") {
  boot();
  auto writing = census::enter(tools->present, {id, "a"});
  caf::anon_send_exit(dispatch, caf::exit_reason::unhandled_exception);
  run();
  boot();
  probe("a", 1);
  SECTION("before another begins") {
    start(command_order("a", 2));
    CHECK(runs.all<intend_effect>().empty());
    writing = nullptr;
    run();
    auto begun = runs.all<intend_effect>();
    REQUIRE(begun.size() == 1);
    CHECK(begun[0].token == 2);
  }
  SECTION("before it says that they are lost") {
    CHECK(runs.asked.empty());
    writing = nullptr;
    run();
    REQUIRE(runs.asked.size() == 1);
    CHECK(runs.all<attempt_is_lost>().size() == 1);
  }
  SECTION("before it says that they have stopped") {
    stop("a", 1);
    CHECK(runs.asked.empty());
    writing = nullptr;
    run();
    REQUIRE(runs.asked.size() == 1);
    CHECK(runs.all<attempt_is_stopped>().size() == 1);
  }
  // It was never its own: nothing is said of how it ended.
  CHECK(runs.all<fail_attempt>().empty());
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a worker that finds no threads any more ends silently") {
  tools->capacity = 1;
  tools->pool->close();
  start(command_order("a", 1));
  // Its failure would be committed first, in the pool.
  runs.answer(0, make_error(ec::conflict, "on purpose"));
  run();
  CHECK(runs.asked.size() == 1);
  // It is gone, and another may begin.
  start(command_order("b", 2));
  CHECK(runs.all<intend_effect>().back().activation == "b");
}

TEST_CASE_METHOD(dispatch_under_test,
                 "a worker waits while too much waits for the threads") {
  start(command_order("a", 1));
  runs.answer(0, make_error(ec::conflict, "on purpose"));
  for (int i = 0; i < 20; ++i)
    advance(500ms);
  CHECK(runs.asked.size() == 1);
}

TEST_CASE_METHOD(dispatch_under_test,
                 "the machine's own work has a time, too") {
  auto order = command_order("@prepare", 3);
  order.kind = attempt_kind::prepare;
  start(order);
  advance(599s);
  CHECK(runs.asked.empty());
  advance(1s);
  auto told = runs.all<fail_attempt>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "timeout");
  CHECK(told[0].message == "@prepare did not end in its time");
}

TEST_CASE_METHOD(dispatch_under_test, "what waits for a worker has a bound") {
  tools->capacity = 0;
  boot();
  for (size_t i = 0; i <= max_waiting_attempts; ++i) {
    attempt_order order;
    order.activation = std::to_string(i);
    order.token = i + 1;
    caf::anon_send(dispatch, atom::start_v, id, std::move(order));
  }
  run();
  auto told = runs.all<fail_attempt>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].activation == std::to_string(max_waiting_attempts));
  CHECK(told[0].code == "overloaded");
}

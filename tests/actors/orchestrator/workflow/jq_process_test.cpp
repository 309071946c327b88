#include "actors/orchestrator/workflow/jq_cache.hpp"
#include "runtime/entity/takes_long.hpp"
#include "tests/actors/orchestrator/workflow/eval.hpp"
#include "tests/actors/orchestrator/workflow/evaluators.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace machine;
using namespace machine::orchestrator;
using namespace machine::test;

namespace {

/// It binds a variable, which is a reason to have a process evaluate it.
constexpr const char* sum = "1 as $x | $x + 1";

/// What *what* yields while every evaluator gets *signal* again and again.
template <class F>
auto while_evaluators_get(int signal, F what) {
  std::atomic<bool> over{false};
  std::thread attacker{[&] {
    while (!over) {
      signal_evaluators(signal);
      std::this_thread::yield();
    }
  }};
  auto result = what();
  over = true;
  attacker.join();
  return result;
}

} // namespace

TEST_CASE("an idle evaluator that was killed is not missed") {
  REQUIRE(eval(sum) == "2");
  for (auto signal : {SIGKILL, SIGTERM}) {
    CHECK(signal_evaluators(signal) > 0);
    CHECK(eval(sum) == "2");
  }
}

TEST_CASE("an expression whose evaluators are killed all the time says so") {
  REQUIRE(eval(sum) == "2");
  auto text = while_evaluators_get(SIGKILL, [] {
    return eval("def f: f; f", "null", {.deadline = duration{3'000}});
  });
  CHECK(text
        == "unavailable: the process that evaluates jq was killed from "
           "outside, by signal 9; see whether the machine has enough memory");
  CHECK(eval(sum) == "2");
}

TEST_CASE("an evaluator that stands still is replaced") {
  REQUIRE(eval(sum) == "2");
  REQUIRE(signal_evaluators(SIGSTOP) > 0);
  // More than fits into a socket's buffer.
  CHECK(eval("length", "\"" + std::string(1u << 20, 'x') + "\"",
             {.deadline = duration{400}})
        == std::to_string(1u << 20));
  CHECK(eval(sum) == "2");
}

TEST_CASE("where no evaluator gets to work, the expression is not blamed") {
  REQUIRE(eval(sum) == "2");
  auto text = while_evaluators_get(SIGSTOP, [] {
    return eval("def f: f; f", "null", {.deadline = duration{100}});
  });
  // The one in its place may be stopped before it has come up.
  CHECK(
    text.starts_with("unavailable: the process that evaluates jq does not "));
  CHECK(eval(sum) == "2");
}

TEST_CASE("several expressions together have a bound on their time") {
  // What has to end in time has enough of it on a machine that is busy, too.
  jq_budget jq{duration{1'500}, {.deadline = duration{1'000}}};
  auto first = jq.evaluate("def f: f; f", plain_scope{{"null"}});
  REQUIRE(!first);
  CHECK(code_of(first.error()) == ec::timeout);
  auto second = jq.evaluate("def f: f; f", plain_scope{{"null"}});
  REQUIRE(!second);
  CHECK(code_of(second.error()) == ec::timeout);
  auto third = jq.evaluate("1", plain_scope{{"null"}});
  REQUIRE(!third);
  CHECK(message_of(third.error())
        == "its expressions together did not end within 1500 ms");
  CHECK(jq.used() >= duration{1'500});
  jq.renew();
  CHECK(jq.evaluate("1", plain_scope{{"null"}}));
}

TEST_CASE("where nothing may take long, what would is not evaluated") {
  jq_budget jq{duration{5'000}, {.may_take_long = false}};
  auto with = [](size_t size) {
    return plain_scope{{R"({"a":")" + std::string(size, 'x') + R"("})"}};
  };
  auto small = jq.evaluate(".a | length", with(100));
  REQUIRE(small);
  CHECK(small->text == "100");
  CHECK_THROWS_AS(jq.evaluate(".a | length", with(10'000)), entity::takes_long);
  CHECK_THROWS_AS(jq.evaluate(sum, with(1)), entity::takes_long);
  CHECK_THROWS_AS(jq.evaluate("def f: f; f", with(1)), entity::takes_long);
}

TEST_CASE("where nothing may take long, much is not compiled") {
  struct many final : jq_scope {
    json_text read(const jq_needs&) const override {
      return {R"({"a":1})"};
    }

    std::vector<std::string> others() const override {
      std::vector<std::string> result;
      for (int i = 0; i < 2'000; ++i)
        result.push_back(".a + " + std::to_string(1'000'000 + i));
      return result;
    }
  };
  jq_budget hasty{duration{5'000}, {.may_take_long = false}};
  CHECK_THROWS_AS(hasty.evaluate(".a + 1000001", many{}), entity::takes_long);
  jq_budget patient{duration{5'000}};
  CHECK(patient.evaluate(".a + 1000001", many{})->text == "1000002");
  // It is compiled now.
  CHECK(hasty.evaluate(".a + 1000002", many{})->text == "1000003");
}

TEST_CASE(
  "where nothing may take long, many short evaluations may not either") {
  jq_budget jq{duration{5'000}, {.may_take_long = false}};
  auto thrown = false;
  for (int i = 0; i < 1'000'000 && !thrown; ++i)
    try {
      auto value = jq.evaluate(".a + 1", plain_scope{{R"({"a":1})"}});
      if (!value)
        FAIL(render(value.error()));
    } catch (const entity::takes_long&) {
      thrown = true;
    }
  CHECK(thrown);
  CHECK(jq.used() >= duration{100});
}

TEST_CASE("nobody has to wait while others compile") {
  std::vector<std::string> many;
  for (int i = 0; i < 4'000; ++i)
    many.push_back(".a + " + std::to_string(i));
  jq_cache cache;
  std::atomic<bool> over{false};
  std::thread other{[&] {
    cache.add(many);
    over = true;
  }};
  size_t refused = 0;
  while (!over) {
    if (!cache.try_add({".b"}))
      ++refused;
    std::this_thread::yield();
  }
  other.join();
  CHECK(refused > 0);
  CHECK(cache.try_add({".b"}));
  CHECK(cache.answer({".b", R"({"b":7})", 100})->text == "7");
  CHECK(cache.answer({many.back(), R"({"a":1})", 100})->text == "4000");
}

#include "actors/orchestrator/run/spans.hpp"

#include "runtime/telemetry/derived_id.hpp"
#include "runtime/telemetry/semantic_conventions.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

#include <rapidcheck.h>

using namespace machine;
using namespace machine::orchestrator;
using test::run_under_test;

namespace {

const run_trace kept{"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7",
                     true, "a=1"};

tracer recording(double ratio = 1) {
  return {[](const span&) {}, ratio};
}

run_created created_by(const run_under_test& it) {
  return std::get<run_created>(it.log.front().second);
}

attempt_order ordered(const std::vector<run_effect>& effects) {
  for (auto& x : effects)
    if (auto* start = std::get_if<start_attempt>(&x))
      return start->order;
  FAIL("nobody was asked to begin an attempt");
  return {};
}

std::string value_of(const span& x, std::string_view key) {
  for (auto& one : x.attributes())
    if (one.key == key) {
      if (auto* text = std::get_if<std::string>(&one.value))
        return *text;
      if (auto* number = std::get_if<int64_t>(&one.value))
        return std::to_string(*number);
    }
  return "none";
}

constexpr const char* two_steps = "name: w\nsteps:\n  - {id: a, command: a}\n"
                                  "  - {id: b, needs: [a], command: b}\n";

} // namespace

TEST_CASE("a trace is kept as it was") {
  rc::check([](uint64_t high, uint64_t low, uint64_t one, bool sampled) {
    trace_context x{{high, low | 1}, {one | 1}, sampled, "a=1,b=2"};
    RC_ASSERT(read_run_trace(to_run_trace(x)) == x);
    x.state.clear();
    RC_ASSERT(read_run_trace(to_run_trace(x)) == x);
  });
}

TEST_CASE("a run is in the trace that it was asked for in") {
  auto x = context_of_run("r-1", kept, recording(0));
  CHECK(to_hex(x.trace) == kept.trace);
  CHECK(to_hex(x.span) != kept.span);
  CHECK(x.sampled);
  CHECK(x.state == "a=1");
  auto other = kept;
  other.sampled = false;
  CHECK(!context_of_run("r-1", other, recording(1)).sampled);
}

TEST_CASE("a run that nobody asked for in a trace is in one of its own") {
  auto x = context_of_run("r-1", std::nullopt, recording());
  CHECK(x.trace == derive_trace_id("run r-1"));
  CHECK(x == context_of_run("r-1", std::nullopt, recording()));
  CHECK(x.trace != context_of_run("r-2", std::nullopt, recording()).trace);
  CHECK(x.sampled);
  CHECK(!context_of_run("r-1", std::nullopt, recording(0)).sampled);
  CHECK(!context_of_run("r-1", std::nullopt, {}).sampled);
}

TEST_CASE("a trace that does not read is none") {
  auto bad = kept;
  SECTION("a trace") {
    bad.trace = "x";
  }
  SECTION("zeros") {
    bad.trace = std::string(32, '0');
  }
  SECTION("an operation") {
    bad.span = "\"}";
  }
  CHECK(!read_run_trace(bad));
  CHECK(context_of_run("r-1", bad, recording())
        == context_of_run("r-1", std::nullopt, recording()));
  CHECK(!trace_below_run("r-1", bad).sampled);
}

TEST_CASE("runs that a run calls are in its trace, below it") {
  for (auto& around : {std::optional{kept}, std::optional<run_trace>{}}) {
    auto below = trace_below_run("r-1", around);
    auto above = context_of_run("r-1", around, recording());
    CHECK(below.trace == to_hex(above.trace));
    CHECK(below.span == to_hex(above.span));
    // Whether it is recorded is decided alike for all of them.
    for (auto ratio : {0.0, 1.0}) {
      auto by = recording(ratio);
      CHECK(context_of_run("r-2", below, by).sampled
            == context_of_run("r-1", around, by).sampled);
    }
  }
}

TEST_CASE("a log from before there were traces reads") {
  run_under_test it{two_steps};
  auto was = created_by(it);
  auto bytes = wire::to_msgpack(was);
  CHECK(as_text(bytes).find("trace") == std::string_view::npos);
  auto now = wire::from_msgpack<run_created>(bytes);
  REQUIRE(now);
  CHECK(*now == was);
  was.trace = kept;
  now = wire::from_msgpack<run_created>(wire::to_msgpack(was));
  REQUIRE(now);
  CHECK(now->trace == kept);
}

TEST_CASE("orders have the trace, and when the attempt began") {
  run_under_test it{two_steps};
  auto first = ordered(it.effects);
  CHECK(!first.trace);
  CHECK(first.begun_at == it.now);
  auto began = it.now;
  it.now += std::chrono::seconds{5};
  // Another worker goes on with the same attempt.
  REQUIRE(!it.crash());
  auto again = ordered(it.effects);
  CHECK(again.token != first.token);
  CHECK(again.attempt == first.attempt);
  CHECK(again.begun_at == began);
  REQUIRE(!it.finish("a"));
  CHECK(ordered(it.effects).begun_at == it.now);
}

TEST_CASE("a new attempt has a time of its own") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a, "
                    "retry: {max: 2, on: [any], backoff: 1s}}\n"};
  it.now += std::chrono::seconds{5};
  REQUIRE(!it.fail("a", ec::step_failed));
  it.now += std::chrono::hours{1};
  REQUIRE(!it.give(wake_run{}));
  auto again = ordered(it.effects);
  CHECK(again.attempt == 2);
  CHECK(again.begun_at == it.now);
}

TEST_CASE("the end of a run closes its trace, once") {
  run_under_test it{two_steps};
  auto began = it.now;
  CHECK(it.asked<close_trace>() == 0);
  REQUIRE(!it.finish("a"));
  CHECK(it.asked<close_trace>() == 0);
  it.now += std::chrono::seconds{7};
  REQUIRE(!it.finish("b"));
  REQUIRE(it.asked<close_trace>() == 1);
  for (auto& x : it.effects)
    if (auto* end = std::get_if<close_trace>(&x)) {
      CHECK(end->workflow == "w");
      CHECK(end->began == began);
      CHECK(end->ended == it.now);
      CHECK(end->result == run_result::done);
    }
  // Whoever loads it does not record it again.
  for (auto& x : it.outstanding())
    CHECK(!std::holds_alternative<close_trace>(x));
}

TEST_CASE("the span of a run says how it ended, and no words") {
  close_trace end;
  end.workflow = "feature";
  end.trace = kept;
  end.began = timestamp{std::chrono::seconds{1}};
  end.ended = timestamp{std::chrono::seconds{3}};
  end.code = "step_failed";
  end.spent = 42;
  for (auto result :
       {run_result::done, run_result::failed, run_result::cancelled}) {
    end.result = result;
    auto x = span_of_run("r-1", end, recording());
    CHECK(x.name() == "invoke_workflow feature");
    CHECK(to_hex(x.parent()) == kept.span);
    CHECK(x.context() == context_of_run("r-1", kept, recording()));
    CHECK(x.start() == end.began);
    CHECK(x.ended() == end.ended);
    CHECK(value_of(x, semconv::gen_ai_operation) == "invoke_workflow");
    CHECK(value_of(x, semconv::gen_ai_workflow_name) == "feature");
    CHECK(value_of(x, semconv::gen_ai_conversation) == "r-1");
    CHECK(value_of(x, semconv::run_id) == "r-1");
    CHECK(value_of(x, semconv::run_result) == wire::to_name(result));
    CHECK(value_of(x, semconv::cost) == "42");
    auto failed = result == run_result::failed;
    CHECK((x.status() == span_status::error) == failed);
    CHECK(value_of(x, semconv::error_type)
          == (failed ? "step_failed" : "none"));
  }
  end.trace.reset();
  CHECK(!span_of_run("r-1", end, recording()).parent());
}

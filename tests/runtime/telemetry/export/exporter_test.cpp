#include "runtime/telemetry/export/exporter.hpp"

#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/telemetry/export/collector.hpp"
#include "tests/runtime/telemetry/prometheus_text.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <fstream>
#include <thread>

using namespace machine;
using namespace std::chrono_literals;
using test::collector;
using test::with_status;

namespace {

using name_lists = std::vector<std::vector<std::string>>;

/// Longer than any test may take: nothing that waits for it happens.
constexpr duration never{3'600'000};
/// Nothing that must happen takes so long.
constexpr duration ample{20'000};

span named(const std::string& name, bool sampled = true) {
  auto here = new_trace({1, 2}, 3);
  here.sampled = sampled;
  span result{here, {}, name, span_kind::internal, timestamp{1s}};
  result.end(timestamp{2s});
  return result;
}

span_exporter_options options_for(const collector& to) {
  span_exporter_options result;
  result.endpoint = to.endpoint();
  result.interval = never;
  result.timeout = never;
  result.wait = {1ms, 1ms};
  return result;
}

std::unique_ptr<span_exporter> open(const span_exporter_options& options) {
  auto result = span_exporter::open(options, std::make_shared<net::client>());
  REQUIRE(result);
  return std::move(*result);
}

auto seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
    .count();
}

} // namespace

TEST_CASE("a full batch is sent at once, as OTLP wants it") {
  test::gate arrived;
  collector to{[&](size_t) {
    arrived.open();
    return with_status(200);
  }};
  auto options = options_for(to);
  options.max_batch = 2;
  options.headers = {{"x-key", "secret"}};
  options.resource = {"themachine", "1.2.3", "node-1"};
  auto exporter = open(options);
  exporter->record(named("a"));
  exporter->record(named("b"));
  REQUIRE(arrived.wait());
  REQUIRE(!exporter->flush(ample));
  REQUIRE(to.names() == name_lists{{"a", "b"}});
  auto request = to.requests()[0];
  CHECK(request.starts_with("POST /v1/traces HTTP/1.1\r\n"));
  CHECK(test::has(request, "content-type: application/json\r\n"));
  CHECK(test::has(request, "x-key: secret\r\n"));
  CHECK(test::has(request, R"({"stringValue":"node-1"})"));
  CHECK(exporter->counts() == export_counts{2, 0, 0, 0});
}

TEST_CASE("full batches are sent whenever the exporter waits for one") {
  constexpr size_t rounds = 20;
  std::deque<test::gate> arrived(rounds);
  collector to{[&](size_t n) {
    arrived.at(n).open();
    return with_status(200);
  }};
  auto options = options_for(to);
  options.max_batch = 2;
  auto exporter = open(options);
  for (auto& next : arrived) {
    exporter->record(named("a"));
    exporter->record(named("b"));
    REQUIRE(next.wait());
    REQUIRE(!exporter->flush(ample));
  }
  CHECK(to.names() == name_lists(rounds, {"a", "b"}));
}

TEST_CASE("what fills no batch is sent after the interval") {
  test::gate arrived;
  collector to{[&](size_t) {
    arrived.open();
    return with_status(200);
  }};
  auto options = options_for(to);
  options.interval = 5ms;
  auto exporter = open(options);
  exporter->record(named("a"));
  REQUIRE(arrived.wait());
  CHECK(to.names() == name_lists{{"a"}});
}

TEST_CASE("flushing sends all that was recorded, in order, in batches") {
  collector to;
  auto options = options_for(to);
  options.max_batch = 3;
  auto exporter = open(options);
  REQUIRE(!exporter->flush(ample));
  CHECK(to.requests().empty());
  for (auto* name : {"a", "b", "c", "d", "e"})
    exporter->record(named(name));
  REQUIRE(!exporter->flush(ample));
  std::vector<std::string> all;
  for (auto& batch : to.names()) {
    CHECK(batch.size() <= 3);
    all.insert(all.end(), batch.begin(), batch.end());
  }
  CHECK(all == std::vector<std::string>{"a", "b", "c", "d", "e"});
  CHECK(exporter->counts() == export_counts{5, 0, 0, 0});
}

TEST_CASE("a span that is not sampled goes nowhere") {
  collector to;
  auto exporter = open(options_for(to));
  exporter->record(named("a", false));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.requests().empty());
  CHECK(exporter->counts() == export_counts{});
}

TEST_CASE("a batch is sent again, the same, until it is taken") {
  collector to{[](size_t n) {
    return with_status(std::array{429, 502, 503, 504, 200}.at(n));
  }};
  auto exporter = open(options_for(to));
  exporter->record(named("a"));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.names() == name_lists(5, {"a"}));
  CHECK(exporter->counts() == export_counts{1, 0, 0, 0});
}

TEST_CASE("a connection that breaks is no answer: the batch is sent again") {
  collector to{[](size_t n) {
    return n == 0 ? test::collector_answer{""} : with_status(200);
  }};
  auto exporter = open(options_for(to));
  exporter->record(named("a"));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.names() == name_lists(2, {"a"}));
  CHECK(exporter->counts() == export_counts{1, 0, 0, 0});
}

TEST_CASE("a request that gets no answer in time is sent again") {
  collector to{
    [](size_t n) { return n == 0 ? std::nullopt : with_status(200); }};
  auto options = options_for(to);
  options.timeout = 100ms;
  options.max_attempts = 100;
  auto exporter = open(options);
  exporter->record(named("a"));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.hung_up.wait());
  CHECK(exporter->counts() == export_counts{1, 0, 0, 0});
}

TEST_CASE("a collector that says when to come back is believed") {
  collector to{[](size_t n) {
    return n == 0 ? with_status(503, "Retry-After: 0\r\n") : with_status(200);
  }};
  auto options = options_for(to);
  options.wait = {never, never};
  auto exporter = open(options);
  exporter->record(named("a"));
  CHECK(!exporter->flush(ample));
  CHECK(exporter->counts() == export_counts{1, 0, 0, 0});
}

TEST_CASE("what a collector refuses is given up at once") {
  collector to{[](size_t) { return with_status(400); }};
  auto exporter = open(options_for(to));
  exporter->record(named("a"));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.requests().size() == 1);
  CHECK(exporter->counts() == export_counts{0, 1, 0, 0});
}

TEST_CASE("a batch that fails too often is given up, and the next one sent") {
  collector to{[](size_t n) { return with_status(n < 3 ? 503 : 200); }};
  auto options = options_for(to);
  options.max_attempts = 3;
  options.max_batch = 1;
  auto exporter = open(options);
  exporter->record(named("a"));
  exporter->record(named("b"));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.names() == name_lists{{"a"}, {"a"}, {"a"}, {"b"}});
  CHECK(exporter->counts() == export_counts{1, 1, 0, 0});
}

TEST_CASE("where nobody listens, a batch is given up") {
  auto fd = test::bind_any_port();
  span_exporter_options options;
  options.endpoint = "http://127.0.0.1:" + std::to_string(test::port_of(fd));
  options.wait = {1ms, 1ms};
  auto exporter = open(options);
  exporter->record(named("a"));
  CHECK(!exporter->flush(ample));
  CHECK(exporter->counts() == export_counts{0, 1, 0, 0});
  ::close(fd);
}

TEST_CASE("spans of a batch that were not taken count as failed") {
  collector to{[](size_t) {
    return with_status(200, "",
                       R"({"partialSuccess": {"rejectedSpans": "2"}})");
  }};
  auto exporter = open(options_for(to));
  for (auto* name : {"a", "b", "c"})
    exporter->record(named(name));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.requests().size() == 1);
  CHECK(exporter->counts() == export_counts{1, 2, 0, 0});
}

TEST_CASE("an answer that is too long to be kept is an answer") {
  collector to{
    [](size_t) { return with_status(200, "", std::string(100'000, ' ')); }};
  auto exporter = open(options_for(to));
  exporter->record(named("a"));
  REQUIRE(!exporter->flush(ample));
  CHECK(to.requests().size() == 1);
  CHECK(exporter->counts() == export_counts{1, 0, 0, 0});
}

TEST_CASE("a full queue drops what comes last, and counts it") {
  test::gate arrived;
  test::gate go_on;
  collector to{[&](size_t n) {
    if (n == 0) {
      arrived.open();
      static_cast<void>(go_on.wait());
    }
    return with_status(200);
  }};
  auto options = options_for(to);
  options.max_queue = 3;
  options.max_batch = 2;
  auto exporter = open(options);
  exporter->record(named("1"));
  exporter->record(named("2"));
  REQUIRE(arrived.wait());
  for (auto* name : {"3", "4", "5", "6", "7"})
    exporter->record(named(name));
  CHECK(exporter->counts() == export_counts{0, 0, 2, 5});
  go_on.open();
  REQUIRE(!exporter->flush(ample));
  CHECK(to.names() == name_lists{{"1", "2"}, {"3", "4"}, {"5"}});
  CHECK(exporter->counts() == export_counts{5, 0, 2, 0});
}

TEST_CASE("stopping sends what waits, and takes no more") {
  collector to;
  auto exporter = open(options_for(to));
  exporter->record(named("a"));
  CHECK(!exporter->stop(ample));
  exporter->record(named("b"));
  CHECK(!exporter->stop(ample));
  CHECK(!exporter->flush(0ms));
  CHECK(to.names() == name_lists{{"a"}});
  CHECK(exporter->counts() == export_counts{1, 0, 1, 0});
}

TEST_CASE("a collector that hangs holds up neither a flush nor a stop") {
  test::gate arrived;
  collector to{[&](size_t) {
    arrived.open();
    return std::nullopt;
  }};
  auto options = options_for(to);
  options.max_batch = 1;
  auto exporter = open(options);
  exporter->record(named("a"));
  REQUIRE(arrived.wait());
  exporter->record(named("b"));
  auto begin = std::chrono::steady_clock::now();
  CHECK(code_of(exporter->flush(10ms)) == ec::timeout);
  auto why = exporter->stop(10ms);
  CHECK(code_of(why) == ec::timeout);
  CHECK(test::has(message_of(why),
                  "2 spans have not reached the collector " + to.endpoint()));
  CHECK(seconds_since(begin) < 10);
  CHECK(to.hung_up.wait());
  CHECK(exporter->counts() == export_counts{0, 0, 2, 0});
}

TEST_CASE("a wait before the next attempt holds up no stop") {
  test::gate arrived;
  collector to{[&](size_t) {
    arrived.open();
    return with_status(503);
  }};
  auto options = options_for(to);
  options.wait = {never, never};
  options.max_batch = 1;
  auto begin = std::chrono::steady_clock::now();
  {
    auto exporter = open(options);
    exporter->record(named("a"));
    REQUIRE(arrived.wait());
    // It is destroyed without having been stopped.
  }
  CHECK(seconds_since(begin) < 10);
  CHECK(to.requests().size() == 1);
}

TEST_CASE("metrics show what became of the spans") {
  collector to{[](size_t n) { return with_status(n == 0 ? 400 : 200); }};
  auto options = options_for(to);
  options.numbers = std::make_shared<metrics>();
  auto exporter = open(options);
  exporter->record(named("a"));
  REQUIRE(!exporter->flush(ample));
  exporter->record(named("b"));
  exporter->record(named("c"));
  auto early = test::scrape(options.numbers->render());
  CHECK(early["themachine_trace_spans_total{outcome=failed}"] == 1);
  CHECK(early["themachine_trace_spans_total{outcome=exported}"] == 0);
  CHECK(early["themachine_trace_spans_waiting"] == 2);
  REQUIRE(!exporter->stop(ample));
  exporter->record(named("d"));
  auto late = test::scrape(options.numbers->render());
  CHECK(late["themachine_trace_spans_total{outcome=failed}"] == 1);
  CHECK(late["themachine_trace_spans_total{outcome=exported}"] == 2);
  CHECK(late["themachine_trace_spans_total{outcome=dropped}"] == 1);
  CHECK(late["themachine_trace_spans_waiting"] == 0);
  exporter.reset();
  CHECK(!options.numbers->render().empty());
}

TEST_CASE("the log hears of a collector's failure once, and of its end") {
  test::temporary_directory dir;
  auto log = logger::open({log_level::info, log_format::text, dir / "log"});
  REQUIRE(log);
  collector to{[](size_t n) { return with_status(n < 3 ? 400 : 200); }};
  auto options = options_for(to);
  options.log = *log;
  auto exporter = open(options);
  for (auto i = 0; i < 5; ++i) {
    exporter->record(named("a"));
    REQUIRE(!exporter->flush(ample));
  }
  std::ifstream in{dir / "log"};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  REQUIRE(lines.size() == 2);
  CHECK(test::has(lines[0], "warn the collector takes no spans"));
  CHECK(test::has(lines[0], "status 400"));
  CHECK(test::has(lines[1], "info the collector takes spans again"));
}

TEST_CASE("threads record while others flush, and every span is counted") {
  constexpr size_t threads = 4;
  constexpr size_t times = 500;
  collector to;
  auto options = options_for(to);
  options.max_queue = 200;
  options.max_batch = 50;
  auto exporter = open(options);
  std::vector<std::thread> workers;
  for (size_t t = 0; t < threads; ++t)
    workers.emplace_back([&] {
      for (size_t i = 0; i < times; ++i) {
        exporter->record(named("a"));
        if (i % 100 == 0)
          static_cast<void>(exporter->flush(1ms));
      }
    });
  for (auto& worker : workers)
    worker.join();
  REQUIRE(!exporter->stop(ample));
  auto counts = exporter->counts();
  CHECK(counts.exported + counts.dropped == threads * times);
  CHECK(counts.waiting == 0);
  size_t arrived = 0;
  for (auto& batch : to.names())
    arrived += batch.size();
  CHECK(arrived == counts.exported);
}

TEST_CASE("an exporter without a place to send to does not begin") {
  auto http = std::make_shared<net::client>();
  auto nowhere = span_exporter::open({}, http);
  REQUIRE(!nowhere);
  CHECK(code_of(nowhere.error()) == ec::invalid_argument);
  span_exporter_options options;
  options.endpoint = "http://127.0.0.1:4318";
  auto without_client = span_exporter::open(options, nullptr);
  REQUIRE(!without_client);
  CHECK(code_of(without_client.error()) == ec::invalid_argument);
}

#include "runtime/telemetry/metrics.hpp"

#include "tests/runtime/telemetry/prometheus_text.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <thread>

using namespace machine;
using test::scrape;

namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();
constexpr auto no_number = std::numeric_limits<double>::quiet_NaN();

template <class Family>
std::pair<ec, std::string> failure(const caf::expected<Family>& x) {
  if (x)
    return {ec::none, ""};
  return {code_of(x.error()), message_of(x.error())};
}

} // namespace

TEST_CASE("what was counted, set and observed is what Prometheus reads") {
  metrics all;
  auto requests = all.counters({"themachine_requests_total",
                                "Requests that were answered.",
                                {"method", "status"}});
  auto waiting =
    all.gauges({"themachine_waiting", "Steps that wait for a worker.", {}});
  auto lengths = all.histograms(
    {"themachine_request_seconds", "How long requests take.", {"route"}},
    {0.1, 1});
  REQUIRE(requests);
  REQUIRE(waiting);
  REQUIRE(lengths);
  requests->with({"GET", "200"}).add();
  requests->with({"GET", "200"}).add(2.5);
  requests->with({"POST", "500"}).add();
  waiting->with().set(7);
  waiting->with().add(-2);
  for (auto seconds : {0.1, 0.5, 3.0})
    lengths->with({"/runs"}).observe(seconds);

  auto read = scrape(all.render());
  CHECK(read.types["themachine_requests_total"] == "counter");
  CHECK(read.types["themachine_waiting"] == "gauge");
  CHECK(read.types["themachine_request_seconds"] == "histogram");
  CHECK(read.helps["themachine_waiting"] == "Steps that wait for a worker.");
  CHECK(read["themachine_requests_total{method=GET,status=200}"] == 3.5);
  CHECK(read["themachine_requests_total{method=POST,status=500}"] == 1);
  CHECK(read["themachine_waiting"] == 5);
  CHECK(read["themachine_request_seconds_bucket{route=/runs,le=0.1}"] == 1);
  CHECK(read["themachine_request_seconds_bucket{route=/runs,le=1}"] == 2);
  CHECK(read["themachine_request_seconds_bucket{route=/runs,le=+Inf}"] == 3);
  CHECK(read["themachine_request_seconds_count{route=/runs}"] == 3);
  CHECK(read["themachine_request_seconds_sum{route=/runs}"] == 3.6);
  CHECK(read.samples.size() == 8);
}

TEST_CASE("a value of a label cannot break out of its line") {
  metrics all;
  auto family = all.counters({"themachine_x_total", "What is counted.", {"l"}});
  REQUIRE(family);
  std::string nasty = "a\"} 1\n# TYPE x counter\n\\";
  family->with({nasty}).add();
  family->with({"\xFF\xC3"}).add();
  auto read = scrape(all.render());
  CHECK(read["themachine_x_total{l=" + nasty + "}"] == 1);
  CHECK(read["themachine_x_total{l=\xEF\xBF\xBD\xEF\xBF\xBD}"] == 1);
  CHECK(read.types.size() == 1);
}

TEST_CASE("a long value of a label is cut between two characters") {
  metrics all;
  auto family = all.counters({"themachine_x_total", "What is counted.", {"l"}});
  REQUIRE(family);
  auto most = std::string(metrics::max_value_bytes - 1, 'x');
  family->with({most + "é and more"}).add();
  CHECK(scrape(all.render())["themachine_x_total{l=" + most + "}"] == 1);
}

TEST_CASE("more sets of values than a family keeps share one series") {
  metrics all;
  auto family =
    all.counters({"themachine_x_total", "What is counted.", {"who", "what"}});
  REQUIRE(family);
  constexpr size_t more = 500;
  for (size_t i = 0; i < metrics::max_series + more; ++i)
    family->with({std::to_string(i), "x"}).add();
  // Those that were there keep their series.
  family->with({"0", "x"}).add();
  auto read = scrape(all.render());
  CHECK(read.count("themachine_x_total{") == metrics::max_series + 1);
  CHECK(read["themachine_x_total{who=0,what=x}"] == 2);
  CHECK(read["themachine_x_total{who=other,what=other}"] == more);
}

TEST_CASE("a missing value is empty, and one too many is ignored") {
  metrics all;
  auto family =
    all.counters({"themachine_x_total", "What is counted.", {"a", "b"}});
  REQUIRE(family);
  family->with({"1"}).add();
  family->with({"1", "", "3"}).add();
  CHECK(scrape(all.render())["themachine_x_total{a=1,b=}"] == 2);
}

TEST_CASE("what is no amount is not counted") {
  metrics all;
  auto family = all.counters({"themachine_x_total", "What is counted.", {}});
  auto lengths = all.histograms({"themachine_seconds", "Lengths.", {}});
  REQUIRE(family);
  REQUIRE(lengths);
  family->with().add(1);
  for (auto amount : {-1.0, infinity, no_number})
    family->with().add(amount);
  for (auto value : {infinity, no_number})
    lengths->with().observe(value);
  auto read = scrape(all.render());
  CHECK(read["themachine_x_total"] == 1);
  CHECK(read["themachine_seconds_count"] == 0);
}

TEST_CASE("the same family may be declared again, another not") {
  metrics all;
  metric_options what{"themachine_x_total", "What is counted.", {"l"}};
  auto first = all.counters(what);
  auto second = all.counters(what);
  REQUIRE(first);
  REQUIRE(second);
  first->with({"a"}).add();
  CHECK(second->with({"a"}).value() == 1);
  what.labels = {"m"};
  CHECK(failure(all.counters(what)).first == ec::conflict);

  REQUIRE(all.gauges({"themachine_x", "What there is.", {}}));
  auto as_another = all.histograms({"themachine_x", "What there is.", {}});
  CHECK(failure(as_another).first == ec::conflict);
  REQUIRE(all.histograms({"themachine_y", "Lengths.", {}}, {1, 2}));
  CHECK(failure(all.histograms({"themachine_y", "Lengths.", {}}, {1, 3})).first
        == ec::conflict);
}

TEST_CASE("a family that breaks a rule of Prometheus is refused, by name") {
  metrics all;
  std::vector<std::string> nine;
  for (auto i = 0; i < 9; ++i)
    nine.push_back("l" + std::to_string(i));
  for (auto& what : std::vector<metric_options>{
         {"themachine_x", "It ends in no total.", {}},
         {"requests_total", "It is not ours.", {}},
         {"themachine_X_total", "A capital.", {}},
         {"themachine_x total", "A blank.", {}},
         {"", "No name.", {}},
         {"themachine_" + std::string(200, 'x') + "_total", "Too long.", {}},
         {"themachine_x_total", "", {}},
         {"themachine_x_total", "Two\nlines.", {}},
         {"themachine_x_total", "A label is no word.", {"a-b"}},
         {"themachine_x_total", "It is reserved.", {"__name"}},
         {"themachine_x_total", "A label twice.", {"a", "a"}},
         {"themachine_x_total", "Buckets have it.", {"le"}},
         {"themachine_x_total", "Too many labels.", nine}}) {
    auto [code, message] = failure(all.counters(what));
    CHECK(code == ec::invalid_argument);
    CHECK(message.starts_with("metric " + what.name.substr(0, 128) + ": "));
  }
  CHECK(failure(all.gauges({"themachine_x_total", "No counter.", {}})).first
        == ec::invalid_argument);
  for (auto& bounds : std::vector<std::vector<double>>{
         {},
         {1, 1},
         {2, 1},
         {1, infinity},
         {no_number},
         std::vector<double>(metrics::max_buckets + 1, 1)})
    CHECK(
      failure(all.histograms({"themachine_y", "Lengths.", {}}, bounds)).first
      == ec::invalid_argument);
  CHECK(all.render().empty());
}

TEST_CASE("there is a bound on families") {
  metrics all;
  for (size_t i = 0; i < metrics::max_families; ++i)
    REQUIRE(all.gauges({"themachine_" + std::to_string(i), "One.", {}}));
  CHECK(failure(all.gauges({"themachine_more", "One.", {}})).first
        == ec::limit_exceeded);
  CHECK(all.gauges({"themachine_0", "One.", {}}));
}

TEST_CASE("hooks are called at every rendering, until they are gone") {
  metrics all;
  auto family = all.gauges({"themachine_waiting", "What waits.", {}});
  REQUIRE(family);
  auto calls = 0;
  auto hook =
    all.on_collect([&, waiting = family->with()] { waiting.set(++calls); });
  CHECK(scrape(all.render())["themachine_waiting"] == 1);
  CHECK(scrape(all.render())["themachine_waiting"] == 2);
  hook.reset();
  CHECK(scrape(all.render())["themachine_waiting"] == 2);
  CHECK(calls == 2);
}

TEST_CASE("handles and hooks may outlive the metrics; none count nothing") {
  metrics::counter kept;
  std::shared_ptr<const void> hook;
  {
    metrics all;
    auto family = all.counters({"themachine_x_total", "What is counted.", {}});
    REQUIRE(family);
    kept = family->with();
    hook = all.on_collect([] {});
  }
  kept.add();
  CHECK(kept.value() == 1);
  metrics::counter{}.add();
  metrics::gauge{}.set(1);
  metrics::histogram{}.observe(1);
  metrics::family<metrics::gauge>{}.with({"a"}).add(1);
  CHECK(metrics::counter{}.value() == 0);
}

TEST_CASE("threads count, make series and render at the same time") {
  constexpr size_t threads = 4;
  constexpr size_t times = 2'000;
  metrics all;
  auto family = all.counters({"themachine_x_total", "What is counted.", {"l"}});
  auto lengths = all.histograms({"themachine_seconds", "Lengths.", {}}, {1});
  REQUIRE(family);
  REQUIRE(lengths);
  auto shared = family->with({"shared"});
  std::vector<std::thread> workers;
  for (size_t t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      for (size_t i = 0; i < times; ++i) {
        shared.add();
        // Half of these are beyond the bound.
        family->with({std::to_string(t) + "-" + std::to_string(i % 500)}).add();
        lengths->with().observe(0.5);
        if (i % 500 == 0) {
          auto hook = all.on_collect([] {});
          static_cast<void>(all.render());
        }
      }
    });
  for (auto& worker : workers)
    worker.join();
  auto read = scrape(all.render());
  CHECK(read["themachine_x_total{l=shared}"] == threads * times);
  double sum = 0;
  for (auto& [series, value] : read.samples)
    if (series.starts_with("themachine_x_total"))
      sum += value;
  CHECK(sum == 2 * threads * times);
  CHECK(read.count("themachine_x_total") == metrics::max_series + 1);
  CHECK(read["themachine_seconds_count"] == threads * times);
  CHECK(read["themachine_seconds_sum"] == threads * times / 2.0);
}

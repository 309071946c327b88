#include "runtime/telemetry/export/options.hpp"
#include "runtime/telemetry/export/retry.hpp"

#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

using namespace machine;
using namespace std::chrono_literals;

namespace {

std::optional<duration> asked(const std::string& value) {
  net::response_head head;
  head.headers = {{"retry-after", value}};
  return retry_after(head, timestamp{784'111'777s});
}

} // namespace

TEST_CASE("only some failures of a collector are tried again") {
  std::set<int> again;
  for (auto status = 0; status < 1'000; ++status) {
    auto verdict = judge_status(status);
    CHECK((verdict == export_verdict::accepted) == (status / 100 == 2));
    if (verdict == export_verdict::again)
      again.insert(status);
  }
  CHECK(again == std::set<int>{429, 502, 503, 504});
}

TEST_CASE("what broke on the way is tried again, what we refuse is not") {
  for (auto why : {ec::unavailable, ec::io_failed, ec::timeout})
    CHECK(judge_failure(why) == export_verdict::again);
  for (auto why : {ec::denied, ec::invalid_argument, ec::cancelled})
    CHECK(judge_failure(why) == export_verdict::refused);
}

TEST_CASE("a collector asks to wait for seconds or until a date") {
  CHECK(asked("0") == 0ms);
  CHECK(asked("7") == 7'000ms);
  CHECK(asked("-7") == 0ms);
  CHECK(asked("999999999999") == 86'400'000ms);
  CHECK(asked("Sun, 06 Nov 1994 08:49:47 GMT") == 10'000ms);
  CHECK(asked("Sun, 06 Nov 1994 08:49:27 GMT") == 0ms);
  for (auto* nonsense : {"", "soon", "1.5.2", "99999999999999999999999"})
    CHECK(!asked(nonsense));
  CHECK(!retry_after({}, timestamp{}));
}

TEST_CASE("the wait doubles up to its bound, within half of which it varies") {
  backoff how{100ms, 500ms};
  auto bounds = [&](unsigned attempt) {
    return std::pair{retry_delay(how, attempt, {}, 0),
                     retry_delay(how, attempt, {},
                                 attempt < 2   ? 50
                                 : attempt < 3 ? 100
                                 : attempt < 4 ? 200
                                               : 250)};
  };
  CHECK(bounds(1) == std::pair{duration{50}, duration{100}});
  CHECK(bounds(2) == std::pair{duration{100}, duration{200}});
  CHECK(bounds(3) == std::pair{duration{200}, duration{400}});
  CHECK(bounds(4) == std::pair{duration{250}, duration{500}});
  CHECK(bounds(100) == std::pair{duration{250}, duration{500}});
}

TEST_CASE("what a collector asks for counts, up to the bound") {
  backoff how{100ms, 500ms};
  CHECK(retry_delay(how, 3, 0ms, 77) == 0ms);
  CHECK(retry_delay(how, 3, 120ms, 77) == 120ms);
  CHECK(retry_delay(how, 1, 3'600'000ms, 77) == 500ms);
}

TEST_CASE("no wait is longer than its bound") {
  CHECK(rc::check([](uint64_t random) {
    backoff how{duration{test::draw(1, 3'600'001)},
                duration{test::draw(1, 3'600'001)}};
    auto attempt = test::draw(1u, 101u);
    auto wait = retry_delay(how, attempt, {}, random);
    RC_ASSERT(wait >= std::min(how.first, how.most) / 2);
    RC_ASSERT(wait <= how.most);
  }));
}

TEST_CASE("an answer says how many spans were not taken, or nothing") {
  CHECK(rejected_spans(R"({"partialSuccess": {"rejectedSpans": "3"}})") == 3);
  CHECK(rejected_spans(R"({"partialSuccess": {"rejectedSpans": 4,
                           "errorMessage": "too old"}})")
        == 4);
  for (auto* nothing :
       {"", "{}", "[]", "null", "{", R"({"partialSuccess": 3})",
        R"({"partialSuccess": {}})", R"({"rejectedSpans": "3"})",
        R"({"partialSuccess": {"rejectedSpans": "many"}})",
        R"({"partialSuccess": {"rejectedSpans": -1}})",
        R"({"partialSuccess": {"rejectedSpans": [1]}})"})
    CHECK(rejected_spans(nothing) == 0);
  CHECK(rejected_spans(std::string(100'000, '[')) == 0);
}

TEST_CASE("options that are out of bounds are refused, by name") {
  span_exporter_options good;
  good.endpoint = "https://collector:4318/otlp";
  REQUIRE(!check(good));
  std::vector<span_exporter_options> all(13, good);
  all[0].endpoint = "";
  all[1].endpoint = "collector:4318";
  all[2].endpoint = "http://collector:4318/?a=b";
  all[3].endpoint = "http://collector:4318/\r\nx: y";
  all[4].endpoint = "http://" + std::string(2'048, 'x');
  all[5].max_queue = 0;
  all[6].max_queue = 100'001;
  all[7].max_batch = all[7].max_queue + 1;
  all[8].max_batch = 0;
  all[9].max_attempts = 0;
  all[10].interval = 0ms;
  all[11].timeout = 3'600'001ms;
  all[12].wait.most = -1ms;
  for (auto& x : all) {
    auto problem = check(x);
    REQUIRE(problem);
    CHECK(code_of(problem) == ec::invalid_argument);
    CHECK(message_of(problem).starts_with("trace exporter: "));
  }
}

TEST_CASE("a batch goes to the traces of the endpoint, with all headers") {
  span_exporter_options options;
  options.headers = {{"authorization", "Bearer x"}};
  options.timeout = 7ms;
  for (auto* endpoint :
       {"http://c:4318", "http://c:4318/", "http://c:4318//"}) {
    options.endpoint = endpoint;
    CHECK(export_request(options, "{}").url == "http://c:4318/v1/traces");
  }
  auto request = export_request(options, "{}");
  CHECK(request.method == "POST");
  CHECK(request.body == "{}");
  CHECK(request.total_timeout == 7ms);
  CHECK(request.headers
        == net::header_list{{"authorization", "Bearer x"},
                            {"content-type", "application/json"}});
}

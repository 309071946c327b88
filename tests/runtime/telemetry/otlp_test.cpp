#include "runtime/telemetry/otlp.hpp"

#include "runtime/telemetry/semantic_conventions.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>

using namespace machine;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const trace_context here = new_child(
  *read_trace_context("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b173-01",
                      "rojo=1"),
  0x0ee19b7ec3c1b174);

json encode(const std::vector<span>& batch, const otlp_resource& from = {}) {
  return json::parse(to_otlp_json(batch, from));
}

json encode_one(const span& x) {
  return encode({x})["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
}

span a_call() {
  return {here,
          {0xeee19b7ec3c1b173},
          "chat",
          span_kind::client,
          timestamp{1'544'712'660s}};
}

} // namespace

TEST_CASE("a span is written as OTLP wants it") {
  auto x = a_call();
  x.set(semconv::gen_ai_request_model, "qwen3");
  x.set(semconv::gen_ai_input_tokens, 9'007'199'254'740'993);
  x.set("share", 0.25);
  x.set("cached", false);
  x.set(semconv::gen_ai_finish_reasons, std::vector<std::string>{"stop", "x"});
  x.add_event("first token", timestamp{1'544'712'660'000'001us}, {{"size", 7}});
  x.fail("timeout", "no answer in time");
  x.end(timestamp{1'544'712'661s});
  CHECK(encode_one(x) == json::parse(R"({
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "0ee19b7ec3c1b174",
    "parentSpanId": "eee19b7ec3c1b173",
    "traceState": "rojo=1",
    "flags": 1,
    "name": "chat",
    "kind": 3,
    "startTimeUnixNano": "1544712660000000000",
    "endTimeUnixNano": "1544712661000000000",
    "attributes": [
      {"key": "gen_ai.request.model", "value": {"stringValue": "qwen3"}},
      {"key": "gen_ai.usage.input_tokens",
       "value": {"intValue": "9007199254740993"}},
      {"key": "share", "value": {"doubleValue": 0.25}},
      {"key": "cached", "value": {"boolValue": false}},
      {"key": "gen_ai.response.finish_reasons", "value": {"arrayValue":
        {"values": [{"stringValue": "stop"}, {"stringValue": "x"}]}}},
      {"key": "error.type", "value": {"stringValue": "timeout"}}],
    "events": [
      {"timeUnixNano": "1544712660000001000", "name": "first token",
       "attributes": [{"key": "size", "value": {"intValue": "7"}}]}],
    "status": {"code": 2, "message": "no answer in time"}})"));
}

TEST_CASE(
  "a span of which nothing is known is short, and a root has no parent") {
  span root{
    new_trace({1, 2}, 3), {}, "run", span_kind::internal, timestamp{1s}};
  CHECK(encode_one(root) == json::parse(R"({
    "traceId": "00000000000000010000000000000002",
    "spanId": "0000000000000003", "name": "run", "kind": 1,
    "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1000000000"})"));
  root.succeed();
  CHECK(encode_one(root)["status"] == json::parse(R"({"code": 1})"));
}

TEST_CASE("a batch names the service once, and keeps its order") {
  auto first = a_call();
  auto second = a_call();
  second.rename("second");
  auto body = encode({first, second}, {"themachine", "1.2.3", "node-1"});
  REQUIRE(body["resourceSpans"].size() == 1);
  auto& all = body["resourceSpans"][0];
  CHECK(all["resource"] == json::parse(R"({"attributes": [
    {"key": "service.name", "value": {"stringValue": "themachine"}},
    {"key": "service.version", "value": {"stringValue": "1.2.3"}},
    {"key": "service.instance.id", "value": {"stringValue": "node-1"}}]})"));
  REQUIRE(all["scopeSpans"].size() == 1);
  CHECK(all["scopeSpans"][0]["scope"]
        == json::parse(R"({"name": "themachine", "version": "1.2.3"})"));
  auto& spans = all["scopeSpans"][0]["spans"];
  REQUIRE(spans.size() == 2);
  CHECK(spans[0]["name"] == "chat");
  CHECK(spans[1]["name"] == "second");
}

TEST_CASE("what was left out is counted") {
  auto x = a_call();
  for (size_t i = 0; i < span::max_attributes + 2; ++i)
    x.set("a" + std::to_string(i), 1);
  for (size_t i = 0; i < span::max_events + 1; ++i)
    x.add_event("e", timestamp{});
  auto written = encode_one(x);
  CHECK(written["droppedAttributesCount"] == 2);
  CHECK(written["droppedEventsCount"] == 1);
}

TEST_CASE("numbers that JSON has not are written as Protocol Buffers do") {
  auto x = a_call();
  auto infinity = std::numeric_limits<double>::infinity();
  x.set("a", infinity);
  x.set("b", -infinity);
  x.set("c", std::numeric_limits<double>::quiet_NaN());
  x.set("d", std::numeric_limits<int64_t>::min());
  auto written = encode_one(x)["attributes"];
  CHECK(written[0]["value"]["doubleValue"] == "Infinity");
  CHECK(written[1]["value"]["doubleValue"] == "-Infinity");
  CHECK(written[2]["value"]["doubleValue"] == "NaN");
  CHECK(written[3]["value"]["intValue"] == "-9223372036854775808");
}

TEST_CASE("times that OTLP cannot count become the nearest that it can") {
  span x{here, {}, "x", span_kind::internal, timestamp::min()};
  x.end(timestamp::max());
  auto written = encode_one(x);
  CHECK(written["startTimeUnixNano"] == "0");
  CHECK(written["endTimeUnixNano"] == "18446744073709551000");
}

TEST_CASE("whatever stands in a span, its batch is JSON") {
  auto x = a_call();
  std::string nasty;
  for (auto c = 0; c < 256; ++c)
    nasty += static_cast<char>(c);
  x.rename(nasty);
  x.set(nasty.substr(0, 100), nasty);
  x.add_event(nasty, timestamp{}, {{"x", nasty}});
  auto written = encode_one(x);
  auto value = written["attributes"][0]["value"]["stringValue"];
  CHECK(value.get<std::string>().substr(0, 128) == nasty.substr(0, 128));
}

#include "runtime/telemetry/semantic_conventions.hpp"
#include "runtime/telemetry/span.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace std::chrono_literals;

namespace {

span some_span() {
  return {new_trace({1, 2}, 3), {}, "chat", span_kind::client, timestamp{5s}};
}

const attribute_value* find(const span& of, std::string_view key) {
  for (auto& x : of.attributes())
    if (x.key == key)
      return &x.value;
  return nullptr;
}

} // namespace

TEST_CASE("a span keeps what it is told") {
  span x{new_trace({1, 2}, 3), {9}, "GET", span_kind::server, timestamp{5s}};
  CHECK(x.ended() == timestamp{5s});
  CHECK(x.status() == span_status::unset);
  x.rename(semconv::span_name("GET", "/api/v1/runs/{id}"));
  x.set(semconv::http_route, "/api/v1/runs/{id}");
  x.set(semconv::http_status, 200);
  x.set("ratio", 0.5);
  x.set("cached", true);
  x.set(semconv::gen_ai_finish_reasons, std::vector<std::string>{"stop"});
  x.add_event("first byte", timestamp{6s}, {{"size", 7}});
  x.end(timestamp{8s});
  x.succeed();
  CHECK(x.name() == "GET /api/v1/runs/{id}");
  CHECK(x.parent() == span_id{9});
  CHECK(
    x.attributes()
    == std::vector<span_attribute>{
      {"http.route", "/api/v1/runs/{id}"},
      {"http.response.status_code", int64_t{200}},
      {"ratio", 0.5},
      {"cached", true},
      {"gen_ai.response.finish_reasons", std::vector<std::string>{"stop"}}});
  CHECK(x.events()
        == std::vector<span_event>{
          {"first byte", timestamp{6s}, {{"size", int64_t{7}}}}});
  CHECK(x.ended() == timestamp{8s});
  CHECK(x.status() == span_status::ok);
  CHECK(x.dropped_attributes() + x.dropped_events() == 0);
}

TEST_CASE("an attribute that is set again has its last value, once") {
  auto x = some_span();
  x.set("a", 1);
  x.set("a", "two");
  CHECK(x.attributes() == std::vector<span_attribute>{{"a", "two"}});
}

TEST_CASE("a failure says of which sort it is, and to people why") {
  auto x = some_span();
  x.fail("timeout", "the provider did not answer in time");
  CHECK(x.status() == span_status::error);
  CHECK(x.status_message() == "the provider did not answer in time");
  CHECK(*find(x, semconv::error_type) == attribute_value{"timeout"});
}

TEST_CASE("no span ends before it begins") {
  auto x = some_span();
  x.end(timestamp{4s});
  CHECK(x.ended() == x.start());
}

TEST_CASE("names and texts are cut, between two characters") {
  auto x = some_span();
  auto nearly = std::string(span::max_name_bytes - 1, 'n');
  x.rename(nearly + "é");
  CHECK(x.name() == nearly);
  x.set("long", std::string(2 * span::max_text_bytes, 'x'));
  CHECK(*find(x, "long")
        == attribute_value{std::string(span::max_text_bytes, 'x')});
  x.set("list", std::vector<std::string>(
                  span::max_list + 1, std::string(span::max_text_bytes, 'x')));
  // It is as large as a whole span may be.
  CHECK(find(x, "list") == nullptr);
  x.set("list", std::vector<std::string>(span::max_list + 1, "x"));
  CHECK(*find(x, "list")
        == attribute_value{std::vector<std::string>(span::max_list, "x")});
  x.fail("x", std::string(2 * span::max_text_bytes, 'x'));
  CHECK(x.status_message().size() == span::max_text_bytes);
  x.set("binary", std::string(span::max_text_bytes, '\xFF'));
  CHECK(std::get<std::string>(*find(x, "binary")).size()
        <= span::max_text_bytes);
}

TEST_CASE("more attributes and events than a span keeps are counted") {
  auto x = some_span();
  for (size_t i = 0; i < span::max_attributes + 3; ++i)
    x.set("a" + std::to_string(i), int64_t{1});
  x.set("", 1);
  x.set(std::string(span::max_key_bytes + 1, 'k'), 1);
  CHECK(x.attributes().size() == span::max_attributes);
  CHECK(x.dropped_attributes() == 5);
  for (size_t i = 0; i < span::max_events + 2; ++i)
    x.add_event("e", timestamp{});
  CHECK(x.events().size() == span::max_events);
  CHECK(x.dropped_events() == 2);
  // What is there can still be changed.
  x.set("a0", 2);
  CHECK(*find(x, "a0") == attribute_value{int64_t{2}});
}

TEST_CASE("a span has a bound on all that it says together") {
  auto x = some_span();
  std::string text(span::max_text_bytes, 'x');
  for (auto i = 0; i < 30; ++i)
    x.set("a" + std::to_string(i), text);
  for (auto i = 0; i < 30; ++i)
    x.add_event("e", timestamp{}, {{"text", text}});
  CHECK(x.attributes().size() == 15);
  CHECK(x.dropped_attributes() == 15);
  CHECK(x.events().empty());
  CHECK(x.dropped_events() == 30);
  // Changing a value again and again leaks none of it.
  for (auto i = 0; i < 100; ++i)
    x.set("a0", i % 2 == 0 ? std::string{} : text);
  CHECK(*find(x, "a0") == attribute_value{text});
  CHECK(x.dropped_attributes() == 15);
}

TEST_CASE("an event has a bound on its attributes") {
  auto x = some_span();
  x.add_event("e", timestamp{},
              {{"a", 1},
               {"b", 1},
               {"c", 1},
               {"d", 1},
               {"e", 1},
               {"f", 1},
               {"g", 1},
               {"h", 1},
               {"i", 1},
               {"j", 1},
               {"k", 1},
               {"l", 1},
               {"m", 1},
               {"n", 1},
               {"o", 1},
               {"p", 1},
               {"q", 1},
               {"", 1}});
  REQUIRE(x.events().size() == 1);
  CHECK(x.events()[0].attributes.size() == span::max_event_attributes);
  CHECK(x.dropped_attributes() == 2);
}

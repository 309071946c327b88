#include "gateway/mcp/message.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine::gateway::mcp;

namespace {

message good(std::string_view text) {
  auto parsed = parse_message(text);
  INFO(text);
  REQUIRE(std::holds_alternative<message>(parsed));
  return std::get<message>(std::move(parsed));
}

/// The code and the id of what is said to a client that sends *text*.
std::pair<int32_t, std::string> bad(std::string_view text) {
  auto parsed = parse_message(text);
  INFO(text);
  REQUIRE(std::holds_alternative<refusal>(parsed));
  auto& x = std::get<refusal>(parsed);
  CHECK(x.status == 400);
  CHECK(!x.why.message.empty());
  return {x.why.code, x.id};
}

using outcome = std::pair<int32_t, std::string>;

} // namespace

TEST_CASE("a request has an id, a notification has none") {
  auto x = good(R"({"jsonrpc":"2.0","id":7,"method":"ping"})");
  CHECK(x.what == message::kind::request);
  CHECK(x.id == "7");
  CHECK(x.method == "ping");
  CHECK(x.params == "{}");
  x = good(R"({"jsonrpc":"2.0","id":"a\"b","method":"m","params":{"x":[1]}})");
  CHECK(x.id == R"("a\"b")");
  CHECK(x.params == R"({"x":[1]})");
  x = good(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  CHECK(x.what == message::kind::notification);
  CHECK(x.id.empty());
}

TEST_CASE("an answer is a result or an error") {
  auto x = good(R"({"jsonrpc":"2.0","id":"s1","result":{"a":1}})");
  CHECK(x.what == message::kind::result);
  CHECK(x.result == R"({"a":1})");
  x = good(
    R"({"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no","data":2}})");
  CHECK(x.what == message::kind::error);
  CHECK(x.error.code == -1);
  CHECK(x.error.message == "no");
  bad(
    R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})");
  bad(R"({"jsonrpc":"2.0","id":1,"error":"no"})");
  bad(R"({"jsonrpc":"2.0","result":{}})");
  bad(R"({"jsonrpc":"2.0","id":1})");
}

TEST_CASE("what is no message is refused, with its id if it has one") {
  CHECK(bad("") == outcome{code::parse_error, "null"});
  CHECK(bad("{") == outcome{code::parse_error, "null"});
  CHECK(bad("{}{}") == outcome{code::parse_error, "null"});
  CHECK(bad("\xFF") == outcome{code::parse_error, "null"});
  CHECK(bad(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"x"})").first
        == code::parse_error);
  CHECK(bad("[]") == outcome{code::invalid_request, "null"});
  CHECK(bad(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])")
        == outcome{code::invalid_request, "null"});
  CHECK(bad("17") == outcome{code::invalid_request, "null"});
  CHECK(bad(R"({"id":1,"method":"x"})") == outcome{code::invalid_request, "1"});
  CHECK(bad(R"({"jsonrpc":"1.0","id":1,"method":"x"})")
        == outcome{code::invalid_request, "1"});
  CHECK(bad(R"({"jsonrpc":"2.0","id":1,"method":7})")
        == outcome{code::invalid_request, "1"});
  CHECK(bad(R"({"jsonrpc":"2.0","id":1,"method":"x","params":[1]})")
        == outcome{code::invalid_request, "1"});
  CHECK(bad(R"({"jsonrpc":"2.0","id":1,"method":"x","result":{}})")
        == outcome{code::invalid_request, "1"});
  for (auto* id : {"null", "1.5", "true", "{}", "[]"})
    CHECK(
      bad(R"({"jsonrpc":"2.0","id":)" + std::string{id} + R"(,"method":"x"})")
      == outcome{code::invalid_request, "null"});
  auto with_id = [](size_t size) {
    return R"({"jsonrpc":"2.0","id":")" + std::string(size, 'x')
         + R"(","method":"x"})";
  };
  good(with_id(max_id));
  bad(with_id(max_id + 1));
}

TEST_CASE("what is too deep or too long is refused") {
  auto nested = [](size_t depth) {
    return R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"a":)"
         + std::string(depth, '[') + std::string(depth, ']') + "}}";
  };
  good(nested(60));
  CHECK(bad(nested(70)).first == code::parse_error);
  CHECK(bad(nested(100'000)).first == code::parse_error);
  CHECK(
    bad(R"({"jsonrpc":"2.0","method":")" + std::string(5u << 20, 'x') + "\"}")
      .first
    == code::parse_error);
}

TEST_CASE("what is written reads back") {
  CHECK(rc::check("a request", [](uint32_t id) {
    auto method =
      *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~'));
    auto x = good(request_message(std::to_string(id), method, R"({"a":1})"));
    RC_ASSERT(x.method == method);
    RC_ASSERT(x.id == std::to_string(id));
  }));
  CHECK(good(result_message("1", "{}")).result == "{}");
  CHECK(good(error_message("1", {-5, "why", machine::json_text{"[1]"}})).error
        == rpc_error{-5, "why", machine::json_text{"[1]"}});
  CHECK(good(notification_message("n", R"({"x":2})")).params == R"({"x":2})");
}

TEST_CASE("members are put before those of an object") {
  CHECK(with_members("{}", "") == "{}");
  CHECK(with_members("{}", R"("a":1)") == R"({"a":1})");
  CHECK(with_members(R"({"b":2})", R"("a":1)") == R"({"a":1,"b":2})");
}

#include "gateway/mcp/envelope.hpp"
#include "gateway/mcp/http_exchange.hpp"
#include "gateway/mcp/listen.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::gateway::mcp;

namespace {

message request(const std::string& method, const std::string& params) {
  message result;
  result.what = message::kind::request;
  result.id = "1";
  result.method = method;
  result.params = params;
  return result;
}

std::string meta(const std::string& version,
                 const std::string& capabilities = "{}") {
  return R"("_meta":{"io.modelcontextprotocol/protocolVersion":")" + version
       + R"(","io.modelcontextprotocol/clientCapabilities":)" + capabilities
       + "}";
}

header_map headers(const std::string& version, const std::string& method,
                   const std::string& name = "") {
  header_map result{{"mcp-protocol-version", version}, {"mcp-method", method}};
  if (!name.empty())
    result["mcp-name"] = name;
  return result;
}

constexpr const char* late = "2026-07-28";

bool is_stateless(const header_map& x, const message& what) {
  return std::holds_alternative<stateless>(classify(x, what));
}

bool is_of_session(const header_map& x, const message& what) {
  return std::holds_alternative<of_session>(classify(x, what));
}

/// The code with which it is refused.
int32_t refused(const header_map& x, const message& what) {
  auto got = classify(x, what);
  REQUIRE(std::holds_alternative<refusal>(got));
  auto& why = std::get<refusal>(got);
  CHECK(why.status == 400);
  CHECK(why.id == "1");
  return why.why.code;
}

} // namespace

TEST_CASE("a request that says which revision it is of needs no session") {
  auto list = request("tools/list", "{" + meta(late) + "}");
  CHECK(is_stateless(headers(late, "tools/list"), list));
  CHECK(refused({}, list) == code::header_mismatch);
  CHECK(refused(headers("2025-11-25", "tools/list"), list)
        == code::header_mismatch);
  CHECK(refused(headers(late, "TOOLS/LIST"), list) == code::header_mismatch);
  CHECK(refused({{"mcp-protocol-version", late}}, list)
        == code::header_mismatch);
}

TEST_CASE("the header alone makes a request one of the late revision") {
  CHECK(refused(headers(late, "x"), request("x", "{}"))
        == code::invalid_params);
  CHECK(refused(headers(late, "x"), request("x", R"({"_meta":{}})"))
        == code::invalid_params);
  CHECK(refused(headers(late, "x"), request("x", R"({"_meta":7})"))
        == code::invalid_params);
  CHECK(refused(headers(late, "x"), request("x", "{" + meta(late, "[]") + "}"))
        == code::invalid_params);
}

TEST_CASE("a revision that nobody knows is refused with those that we know") {
  auto what = request("server/discover", "{" + meta("v999") + "}");
  auto got = classify(headers("v999", "server/discover"), what);
  REQUIRE(std::holds_alternative<refusal>(got));
  auto& why = std::get<refusal>(got).why;
  CHECK(why.code == code::unsupported_version);
  REQUIRE(why.data);
  CHECK(why.data->text
        == R"({"supported":["2026-07-28","2025-11-25","2025-06-18"],)"
           R"("requested":"v999"})");
  CHECK(refused(headers("banana", "x"), request("x", "{}"))
        == code::unsupported_version);
}

TEST_CASE("the name in the header is that in the parameters") {
  auto call = request("tools/call", R"({"name":"add",)" + meta(late) + "}");
  CHECK(is_stateless(headers(late, "tools/call", "add"), call));
  CHECK(is_stateless(headers(late, "tools/call", "  add\t"), call));
  CHECK(is_stateless(headers(late, "tools/call", "=?base64?YWRk?="), call));
  CHECK(refused(headers(late, "tools/call"), call) == code::header_mismatch);
  CHECK(refused(headers(late, "tools/call", "sub"), call)
        == code::header_mismatch);
  CHECK(refused(headers(late, "tools/call", "=?base64?YWR?="), call)
        == code::header_mismatch);
  auto read =
    request("resources/read", R"({"uri":"a://b",)" + meta(late) + "}");
  CHECK(is_stateless(headers(late, "resources/read", "a://b"), read));
  CHECK(refused(headers(late, "resources/read", "a://c"), read)
        == code::header_mismatch);
}

TEST_CASE("all else is of a session") {
  CHECK(is_of_session({}, request("tools/list", "{}")));
  CHECK(is_of_session({{"mcp-protocol-version", "2025-11-25"}},
                      request("tools/list", "{}")));
  CHECK(is_of_session({{"mcp-protocol-version", "2025-11-25"}},
                      request("tools/list", "{" + meta("2025-11-25") + "}")));
  CHECK(is_of_session({}, request("x", R"({"_meta":{"progressToken":1}})")));
}

TEST_CASE("any text passes as a header") {
  for (std::string x : {"add", "", " a", "a ", "a\nb",
                        "=?base64?eA==?=", "gr\xC3\xBCn \xE2\x9C\x93"}) {
    auto encoded = encode_header(x);
    CHECK(encoded.find('\n') == encoded.npos);
    CHECK(decode_header(encoded) == x);
  }
  CHECK(encode_header("add") == "add");
  CHECK(!decode_header("=?base64?SGVs!!!bG8=?="));
  CHECK(!decode_header("=?base64?/w==?="));
  CHECK(!decode_header("\xFF"));
  CHECK(decode_header("=?base64?abc") == "=?base64?abc");
}

TEST_CASE("pages of other origins are not welcome") {
  header_map from{{"host", "localhost:7300"}};
  CHECK(is_welcome(from, {}));
  from["origin"] = "http://localhost:7300";
  CHECK(is_welcome(from, {}));
  from["origin"] = "https://localhost:7300";
  CHECK(is_welcome(from, {}));
  for (auto* x : {"http://evil.example", "null", "http://localhost:7301", ""}) {
    from["origin"] = x;
    CHECK(!is_welcome(from, {}));
  }
  from["origin"] = "http://evil.example";
  CHECK(is_welcome(from, {"http://evil.example"}));
}

TEST_CASE("a client gets the revision that it asks for, or the last") {
  CHECK(negotiate("2025-06-18") == revision::of_2025_06_18);
  CHECK(negotiate("2025-11-25") == revision::of_2025_11_25);
  for (auto* x : {"2026-07-28", "2024-11-05", "", "latest"})
    CHECK(negotiate(x) == last_with_sessions);
}

TEST_CASE("methods belong to their revisions") {
  using enum revision;
  for (auto* x : {"initialize", "ping", "logging/setLevel",
                  "resources/subscribe", "resources/unsubscribe"}) {
    CHECK(is_request(of_2025_11_25, x));
    CHECK(!is_request(of_2026_07_28, x));
  }
  for (auto* x : {"server/discover", "subscriptions/listen"}) {
    CHECK(!is_request(of_2025_11_25, x));
    CHECK(is_request(of_2026_07_28, x));
  }
  CHECK(is_request(of_2025_06_18, "tools/call"));
  CHECK(is_request(of_2026_07_28, "tools/call"));
  CHECK(!is_request(of_2026_07_28, "unknown/method"));
}

TEST_CASE("results of the late revision say what they are") {
  implementation us{"us", std::nullopt, "1"};
  auto how = [&](const char* method, revision speaks, result_kind kind) {
    return dress(R"({"a":1})", method, speaks, kind, us);
  };
  using enum revision;
  CHECK(how("tools/list", of_2025_11_25, result_kind::complete)
        == R"({"a":1})");
  CHECK(how("tools/list", of_2026_07_28, result_kind::complete)
        == R"({"resultType":"complete","ttlMs":60000,"cacheScope":"private",)"
           R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"us",)"
           R"("version":"1"}},"a":1})");
  CHECK(how("tools/call", of_2026_07_28, result_kind::input_required)
        == R"({"resultType":"input_required","_meta":)"
           R"({"io.modelcontextprotocol/serverInfo":{"name":"us",)"
           R"("version":"1"}},"a":1})");
}

TEST_CASE("a server tells of what it offers and the client wants") {
  auto offered = changes_of(R"({"tools":{"listChanged":true},"prompts":{},)"
                            R"("resources":{"subscribe":true}})");
  change_filter wanted{true, true, true, std::vector<std::string>{"a://b"}};
  CHECK(honoured(wanted, offered)
        == change_filter{true, std::nullopt, std::nullopt,
                         std::vector<std::string>{"a://b"}});
  CHECK(honoured({}, offered) == change_filter{});
  CHECK(honoured(wanted, changes_of("{}")) == change_filter{});
  CHECK(offers_changes(R"({"resources":{"subscribe":true}})"));
  CHECK(!offers_changes(R"({"tools":{},"resources":{"subscribe":false}})"));
  CHECK(offers_logging(R"({"logging":{}})"));
  CHECK(!offers_logging("{}"));
}

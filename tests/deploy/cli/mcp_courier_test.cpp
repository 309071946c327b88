#include "deploy/cli/mcp_courier.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::cli;
namespace mcp = machine::gateway::mcp;

namespace {

const endpoint here{"http://127.0.0.1:1", "word", false, ""};
const mcp_terms agreed{"s-1", "2025-11-25"};

mcp::message read(const std::string& text) {
  auto parsed = mcp::parse_message(text);
  REQUIRE(std::holds_alternative<mcp::message>(parsed));
  return std::get<mcp::message>(parsed);
}

std::string header(const net::request& in, const std::string& name) {
  std::string result;
  for (auto& [key, value] : in.headers)
    if (key == name)
      result += value + ";";
  return result;
}

net::response_head head_of(int status, const std::string& type,
                           const std::string& session = "") {
  net::response_head result{status, {{"content-type", type}}};
  if (!session.empty())
    result.headers.emplace_back("mcp-session-id", session);
  return result;
}

} // namespace

TEST_CASE("what a client says is brought in the session that it has") {
  std::string text = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  auto x = mcp_post(here, agreed, read(text), text);
  CHECK(x.method == "POST");
  CHECK(x.url == "http://127.0.0.1:1/mcp");
  CHECK(x.body == text);
  CHECK(header(x, "Authorization") == "Bearer word;");
  CHECK(header(x, "Accept") == "application/json, text/event-stream;");
  CHECK(header(x, "Content-Type") == "application/json;");
  CHECK(header(x, "Mcp-Session-Id") == "s-1;");
  CHECK(header(x, "MCP-Protocol-Version") == "2025-11-25;");
  CHECK(header(x, "Mcp-Method").empty());
  auto left = mcp_leave(here, agreed);
  CHECK(left.method == "DELETE");
  CHECK(header(left, "Mcp-Session-Id") == "s-1;");
  auto heard = mcp_listen(here, agreed);
  CHECK(heard.method == "GET");
  CHECK(header(heard, "MCP-Protocol-Version") == "2025-11-25;");
}

TEST_CASE("who greets anew has no session") {
  std::string text = R"({"jsonrpc":"2.0","id":1,"method":"initialize",)"
                     R"("params":{"protocolVersion":"2025-11-25"}})";
  auto x = mcp_post(here, agreed, read(text), text);
  CHECK(header(x, "Mcp-Session-Id").empty());
  CHECK(header(x, "MCP-Protocol-Version").empty());
}

TEST_CASE("what stands alone says so in headers") {
  std::string text =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
    "\"name\":\"gr\xC3\xBC\",\"_meta\":{\"io.modelcontextprotocol/"
    "protocolVersion\":\"2026-07-28\"}}}";
  auto x = mcp_post(here, agreed, read(text), text);
  CHECK(header(x, "Mcp-Session-Id").empty());
  CHECK(header(x, "MCP-Protocol-Version") == "2026-07-28;");
  CHECK(header(x, "Mcp-Method") == "tools/call;");
  CHECK(header(x, "Mcp-Name") == "=?base64?Z3LDvA==?=;");
}

TEST_CASE("an answer is one message, or as many as its stream has") {
  mcp_answer x;
  x.begin(head_of(200, "application/json", "s-2"));
  CHECK(x.session() == "s-2");
  CHECK(x.feed("{\"jsonrpc\":\"2.0\",\n\"id\":1,")->empty());
  CHECK(x.feed("\"result\":{}}")->empty());
  CHECK(x.end() == R"({"jsonrpc":"2.0", "id":1,"result":{}})");
  x.begin(head_of(200, "text/event-stream"));
  CHECK(x.session().empty());
  CHECK(x.feed("event: message\ndata: {\"a\":").value().empty());
  CHECK(*x.feed("1}\n\nevent: reconnect\ndata: {}\n\ndata: {}\n\n")
        == std::vector<std::string>{R"({"a":1})", "{}"});
  CHECK(!x.end());
  x.begin(head_of(503, "application/problem+json"));
  CHECK(x.feed(R"({"detail":"later"})")->empty());
  CHECK(!x.end());
  CHECK(x.status() == 503);
  CHECK(x.body() == R"({"detail":"later"})");
  x.begin(head_of(202, ""));
  CHECK(!x.end());
}

TEST_CASE("an answer says what was agreed upon, and a note what is off") {
  CHECK(version_in(R"({"jsonrpc":"2.0","id":1,"result":{)"
                   R"("protocolVersion":"2025-06-18"}})")
        == "2025-06-18");
  CHECK(version_in(R"({"jsonrpc":"2.0","id":1,"result":{}})").empty());
  CHECK(version_in("no").empty());
  CHECK(
    called_off(read(R"({"jsonrpc":"2.0","method":"notifications/cancelled",)"
                    R"("params":{"requestId":"x"}})"))
    == "\"x\"");
  CHECK(!called_off(read(R"({"jsonrpc":"2.0","method":"notifications/x"})")));
  CHECK(mcp_failure("7", make_error(ec::unavailable, "nobody is there"))
        == R"({"jsonrpc":"2.0","id":7,"error":{"code":-32000,)"
           R"("message":"nobody is there"}})");
}

#include "gateway/identity/principal.hpp"
#include "gateway/mcp/door.hpp"
#include "tests/gateway/http/server_under_test.hpp"
#include "tests/gateway/mcp/everything/everything.hpp"

#include <sodium.h>

using namespace machine;
using test::json;
using test::raw_answer;
using test::raw_client;
using test::server_under_test;

namespace {

/// Who comes with a token is called by it.
class any_door final : public gateway::doorman {
public:
  void admit(const gateway::route&, const gateway::http_request& asked,
             std::function<void(gateway::admission)> then) override {
    gateway::admission result;
    auto who = std::make_shared<gateway::principal>();
    who->tenant = who->home = "t";
    who->id = std::string{gateway::bearer_of(asked)};
    result.who = std::move(who);
    then(std::move(result));
  }
};

/// Streams that were counted.
using counter = std::shared_ptr<std::atomic<int>>;

gateway::route_table routes(const counter& counted) {
  REQUIRE(sodium_init() >= 0);
  gateway::route_table result;
  gateway::mcp::door_options options;
  options.what = test::make_everything();
  options.origins = {"https://friend.example"};
  options.counted = [counted](const gateway::http_request&,
                              gateway::responder_ptr to) {
    ++*counted;
    return to;
  };
  gateway::mcp::add_routes(result, std::move(options));
  return result;
}

constexpr const char* json_type = "Content-Type: application/json\r\n";

/// A server behind which everything is.
class mcp_under_test : public server_under_test {
public:
  mcp_under_test() : mcp_under_test(std::make_shared<std::atomic<int>>(0)) {}

  explicit mcp_under_test(const counter& counted)
      : server_under_test(routes(counted),
                          [](gateway::server_options& x) {
                            x.door = std::make_shared<any_door>();
                          }),
        counted(counted) {}

  const counter counted;

  raw_answer post(const std::string& body,
                  const std::string& headers = "") const {
    auto client = connect();
    REQUIRE(client.send(request("POST", "/mcp", json_type + headers, body)));
    auto result = client.read();
    if (result.header("content-type") == "text/event-stream")
      result.body = client.read_all();
    return result;
  }

  /// The result or error of a request of the late revision.
  raw_answer late(const std::string& method, json params,
                  const std::string& headers = "",
                  json abilities = json::object()) const {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = abilities;
    json body{
      {"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    auto name = params.contains("name") ? params["name"].get<std::string>()
                                        : params.value("uri", "");
    auto more = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + method
              + "\r\n" + (name.empty() ? "" : "Mcp-Name: " + name + "\r\n")
              + headers;
    return post(body.dump(), more);
  }

  static std::string initialize(const std::string& version = "2025-11-25",
                                json abilities = json::object()) {
    return json{{"jsonrpc", "2.0"},
                {"id", 1},
                {"method", "initialize"},
                {"params",
                 {{"protocolVersion", version},
                  {"capabilities", abilities},
                  {"clientInfo", {{"name", "test"}, {"version", "1"}}}}}}
      .dump();
  }

  /// The header of a new session.
  std::string begin(json abilities = json::object()) const {
    auto answer = post(initialize("2025-11-25", std::move(abilities)));
    REQUIRE(answer.status == 200);
    return "Mcp-Session-Id: " + answer.header("mcp-session-id") + "\r\n";
  }
};

std::string call(int id, const std::string& method,
                 const json& params = json::object()) {
  return json{
    {"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}
    .dump();
}

json event_of(raw_client& from) {
  auto x = from.next_event();
  REQUIRE(x);
  CHECK(x->name == "message");
  return json::parse(x->data);
}

int code_in(const raw_answer& x) {
  auto body = json::parse(x.body);
  return body.contains("error") ? body["error"]["code"].get<int>() : 0;
}

} // namespace

TEST_CASE("a session begins with initialize and ends with DELETE") {
  mcp_under_test it;
  auto answer = it.post(mcp_under_test::initialize());
  CHECK(answer.status == 200);
  auto result = json::parse(answer.body)["result"];
  CHECK(result["protocolVersion"] == "2025-11-25");
  CHECK(result["serverInfo"]["name"] == "everything");
  CHECK(!result.contains("resultType"));
  auto session = "Mcp-Session-Id: " + answer.header("mcp-session-id") + "\r\n";
  CHECK(it.post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                session)
          .status
        == 202);
  CHECK(json::parse(it.post(call(2, "ping"), session).body)["result"]
        == json::object());
  CHECK(
    it.post(call(3, "ping"), session + "MCP-Protocol-Version: 2025-11-25\r\n")
      .status
    == 200);
  CHECK(
    it.post(call(3, "ping"), session + "MCP-Protocol-Version: 2025-06-18\r\n")
      .status
    == 400);
  CHECK(it.ask(it.request("DELETE", "/mcp", session)).status == 204);
  auto gone = it.post(call(4, "ping"), session);
  CHECK(gone.status == 404);
  CHECK(json::parse(gone.body)["id"] == 4);
  CHECK(it.ask(it.request("DELETE", "/mcp", session)).status == 404);
}

TEST_CASE("a session is of no use to others, and none is guessed") {
  mcp_under_test it;
  auto session = it.begin();
  auto other = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
               "other\r\n"
             + session + json_type;
  auto body = call(1, "ping");
  CHECK(it.ask(other + "Content-Length: " + std::to_string(body.size())
               + "\r\n\r\n" + body)
          .status
        == 404);
  CHECK(it.post(body, "Mcp-Session-Id: 0123\r\n").status == 404);
  CHECK(it.post(body).status == 400);
}

TEST_CASE("what no client should send is refused, and nothing else ends") {
  mcp_under_test it;
  CHECK(code_in(it.post("{")) == -32'700);
  CHECK(code_in(it.post("[]")) == -32'600);
  CHECK(it.post("{").status == 400);
  CHECK(it.ask(it.request("POST", "/mcp", "Content-Type: text/plain\r\n", "{}"))
          .status
        == 415);
  CHECK(it.ask(it.request("PUT", "/mcp", json_type, "{}")).status == 405);
  auto session = it.begin();
  CHECK(code_in(it.post(call(1, "no/such"), session)) == -32'601);
  CHECK(code_in(it.post(call(1, "tools/call", {{"name", 7}}), session)) != 0);
  CHECK(code_in(it.post(call(1, "initialize"))) == -32'602);
  CHECK(code_in(it.post(call(1, "ping"), session)) == 0);
}

TEST_CASE("pages of strangers get nothing") {
  mcp_under_test it;
  auto body = mcp_under_test::initialize();
  CHECK(it.post(body, "Origin: http://evil.example\r\n").status == 403);
  CHECK(it.post(body, "Origin: null\r\n").status == 403);
  CHECK(it.post(body, "Origin: https://friend.example\r\n").status == 200);
  CHECK(it.post(body, "Origin: http://127.0.0.1:" + std::to_string(it.port())
                        + "\r\n")
          .status
        == 200);
}

TEST_CASE("a request of the late revision stands alone") {
  mcp_under_test it;
  auto answer = it.late("server/discover", json::object());
  CHECK(answer.status == 200);
  CHECK(answer.header("mcp-session-id").empty());
  auto result = json::parse(answer.body)["result"];
  CHECK(result["resultType"] == "complete");
  CHECK(result["supportedVersions"][0] == "2026-07-28");
  CHECK(result["cacheScope"] == "private");
  CHECK(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"]
        == "everything");
  for (auto* method : {"initialize", "ping", "no/such"}) {
    auto none = it.late(method, json::object());
    CHECK(none.status == 404);
    CHECK(code_in(none) == -32'601);
  }
  auto lacks = it.late("tools/call", {{"name", "test_missing_capability"}});
  CHECK(lacks.status == 400);
  CHECK(code_in(lacks) == -32'021);
  CHECK(it.late("tools/call", {{"name", "test_missing_capability"}}, "",
                {{"sampling", json::object()}})
          .status
        == 200);
  CHECK(
    it.ask(it.request("GET", "/mcp", "MCP-Protocol-Version: 2026-07-28\r\n"))
      .status
    == 405);
}

TEST_CASE("progress makes a stream of an answer, for who reads streams") {
  mcp_under_test it;
  auto session = it.begin();
  json params{{"name", "test_tool_with_progress"},
              {"_meta", {{"progressToken", "p"}}}};
  auto answer = it.post(call(5, "tools/call", params), session);
  CHECK(answer.header("content-type") == "text/event-stream");
  CHECK(answer.body.find(R"("progressToken":"p","progress":50)")
        != std::string::npos);
  CHECK(answer.body.find(R"("id":5,"result")") != std::string::npos);
  auto plain = it.post(call(6, "tools/call", params),
                       session + "Accept: application/json\r\n");
  CHECK(plain.header("content-type") == "application/json");
  CHECK(json::parse(plain.body)["id"] == 6);
  params.erase("_meta");
  CHECK(it.post(call(7, "tools/call", params), session).header("content-type")
        == "application/json");
}

TEST_CASE("a client is asked within its request, and answers beside it") {
  mcp_under_test it;
  auto session = it.begin({{"sampling", json::object()}});
  auto client = it.connect();
  REQUIRE(client.send(it.request(
    "POST", "/mcp", json_type + session,
    call(9, "tools/call",
         {{"name", "test_sampling"}, {"arguments", {{"prompt", "hi"}}}}))));
  client.read();
  auto asked = event_of(client);
  CHECK(asked["method"] == "sampling/createMessage");
  CHECK(it.post(json{{"jsonrpc", "2.0"},
                     {"id", asked["id"]},
                     {"result", {{"role", "assistant"}}}}
                  .dump(),
                session)
          .status
        == 202);
  auto result = event_of(client);
  CHECK(result["id"] == 9);
  CHECK(result["result"]["content"][0]["text"]
        == R"(LLM response: {"role":"assistant"})");
}

TEST_CASE("a request that is called off gets no result") {
  mcp_under_test it;
  auto session = it.begin({{"sampling", json::object()}});
  auto client = it.connect();
  REQUIRE(client.send(
    it.request("POST", "/mcp", json_type + session,
               call(9, "tools/call", {{"name", "test_sampling"}}))));
  client.read();
  event_of(client);
  CHECK(it.post(R"({"jsonrpc":"2.0","method":"notifications/cancelled",)"
                R"("params":{"requestId":9}})",
                session)
          .status
        == 202);
  CHECK(!client.next_event());
  CHECK(it.post(call(9, "ping"), session).status == 200);
}

TEST_CASE("a listener hears first what it will hear, and then only that") {
  mcp_under_test it;
  json params{
    {"notifications", {{"toolsListChanged", true}}},
    {"_meta",
     {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
      {"io.modelcontextprotocol/clientCapabilities", json::object()}}}};
  auto client = it.connect();
  REQUIRE(client.send(
    it.request("POST", "/mcp",
               json_type
                 + std::string{"MCP-Protocol-Version: 2026-07-28\r\n"
                               "Mcp-Method: subscriptions/listen\r\n"},
               call(4, "subscriptions/listen", params))));
  client.read();
  auto first = event_of(client);
  CHECK(first["method"] == "notifications/subscriptions/acknowledged");
  CHECK(first["params"]["notifications"] == json{{"toolsListChanged", true}});
  it.late("tools/call", {{"name", "test_trigger_prompt_change"}});
  it.late("tools/call", {{"name", "test_trigger_tool_change"}});
  auto next = event_of(client);
  CHECK(next["method"] == "notifications/tools/list_changed");
  CHECK(next["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 4);
  // That of the client, and not those which answered a tool.
  CHECK(*it.counted == 1);
}

TEST_CASE("a session hears of changes on its stream") {
  mcp_under_test it;
  auto session = it.begin();
  auto client = it.connect();
  REQUIRE(client.send(
    it.request("GET", "/mcp", session + "Accept: text/event-stream\r\n")));
  CHECK(client.read().status == 200);
  it.post(call(2, "tools/call", {{"name", "test_trigger_tool_change"}}),
          session);
  CHECK(event_of(client)["method"] == "notifications/tools/list_changed");
  CHECK(*it.counted == 1);
  CHECK(
    it.ask(it.request("GET", "/mcp", session + "Accept: text/html\r\n")).status
    == 406);
  it.ask(it.request("DELETE", "/mcp", session));
  CHECK(!client.next_event());
}

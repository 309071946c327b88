#include "gateway/api/openapi.hpp"
#include "tests/gateway/api/api_under_test.hpp"

#include <set>

using namespace machine;
using test::json;

TEST_CASE("the document is there for everybody, and has every route") {
  test::api_under_test it;
  auto answer = it.server.ask(
    "GET /api/v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  REQUIRE(answer.status == 200);
  auto document = json::parse(answer.body);
  CHECK(document["openapi"] == "3.1.0");
  CHECK(document["info"]["version"] == "1.2.3");
  auto routes = gateway::make_routes(it.context);
  std::set<std::string> operations;
  for (auto& x : routes) {
    INFO(x.method << " " << x.pattern);
    auto method = x.method == "DELETE" ? "delete"
                : x.method == "PATCH"  ? "patch"
                : x.method == "POST"   ? "post"
                : x.method == "PUT"    ? "put"
                                       : "get";
    REQUIRE(document["paths"].contains(x.pattern));
    REQUIRE(document["paths"][x.pattern].contains(method));
    auto& said = document["paths"][x.pattern][method];
    CHECK(said["summary"] == x.summary);
    CHECK(operations.insert(said["operationId"]).second);
    CHECK(said.contains("requestBody") == (x.what.body() != nullptr));
    CHECK(said["responses"].contains(std::to_string(x.what.status())));
    for (auto& name : x.query)
      CHECK(gateway::describe_query(name).has_value());
  }
}

TEST_CASE("every reference of the document leads somewhere") {
  test::api_under_test it;
  auto document = it.get("/openapi.json");
  std::function<void(const json&)> walk = [&](const json& x) {
    if (x.is_object() && x.contains("$ref")) {
      auto where = x["$ref"].get<std::string>();
      INFO(where);
      CHECK(document.contains(json::json_pointer{where.substr(1)}));
    }
    if (x.is_structured())
      for (auto& y : x)
        walk(y);
  };
  walk(document);
}

TEST_CASE("a body that no handler reads is refused") {
  test::api_under_test it;
  CHECK(it.problem(400, "POST", "/runs/r-1/resume", R"({"now":true})")
        == "POST /api/v1/runs/r-1/resume takes no body");
}

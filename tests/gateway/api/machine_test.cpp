#include "actors/node/node.hpp"
#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

#include <unistd.h>

using namespace machine;
using test::api_under_test;
using test::json;

TEST_CASE("whether it lives may be asked without a token") {
  api_under_test it;
  auto answer = it.server.ask("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"status":"ok"})");
}

TEST_CASE("nothing else may be used without a token") {
  api_under_test it;
  for (auto* target : {"GET /api/v1/info",
                       "GET /api/v1/models",
                       "GET /api/v1/config",
                       "POST /api/v1/stop",
                       "POST /api/v1/runs",
                       "GET /api/v1/runs",
                       "GET /api/v1/runs/r-1",
                       "GET /api/v1/runs/r-1/events",
                       "POST /api/v1/runs/r-1/cancel",
                       "POST /api/v1/runs/r-1/answers",
                       "GET /api/v1/runs/r-1/diff",
                       "GET /api/v1/projects",
                       "POST /api/v1/projects",
                       "GET /api/v1/projects/default",
                       "GET /api/v1/projects/default/ledger",
                       "GET /api/v1/projects/default/tasks",
                       "POST /api/v1/projects/default/tasks",
                       "PATCH /api/v1/projects/default/tasks/t-1",
                       "POST /api/v1/projects/default/tasks/t-1/comments",
                       "GET /api/v1/runs/r-1/artefacts/0"}) {
    INFO(target);
    CHECK(it.server
            .ask(std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .status
          == 401);
  }
}

TEST_CASE("a machine says what it is") {
  api_under_test it;
  auto info = it.get("/info");
  CHECK(info["version"] == "1.2.3");
  CHECK(info["pid"] == ::getpid());
  CHECK(info["data_dir"] == it.machine.node().options().data_directory);
  CHECK(info["sandbox"]["ok"].is_boolean());
  CHECK(it.get("/config")["items"][0]["key"] == "gateway.port");
}

TEST_CASE("a machine says whether it has started, and can take work") {
  api_under_test it;
  auto of = [&](const std::string& path) {
    return it.server.ask("GET " + path
                         + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  CHECK(of("/livez").status == 200);
  CHECK(of("/startupz").status == 503);
  CHECK(of("/readyz").status == 503);
  *it.context->now = gateway::stage::serving;
  CHECK(of("/startupz").status == 200);
  auto brief = of("/readyz");
  CHECK(brief.status == 200);
  CHECK(json::parse(brief.body) == json{{"status", "ok"}});
  auto checks = json::parse(of("/readyz?verbose").body)["checks"];
  CHECK(checks.size() == 3);
  for (auto& x : checks)
    CHECK(x["ok"] == true);
  *it.context->now = gateway::stage::stopping;
  CHECK(of("/livez").status == 200);
  auto ends = of("/readyz?verbose");
  CHECK(ends.status == 503);
  CHECK(!ends.header("retry-after").empty());
  CHECK(json::parse(ends.body)["checks"][0]
        == json{{"name", "serving"}, {"ok", false}});
}

TEST_CASE("the models of the catalogue are listed") {
  api_under_test it;
  auto models = it.get("/models");
  CHECK(models["next_cursor"] == "");
  auto& items = models["items"];
  auto demo = std::find_if(items.begin(), items.end(),
                           [](auto& x) { return x["id"] == "demo"; });
  REQUIRE(demo != items.end());
  CHECK((*demo)["provider"] == "script");
  CHECK((*demo)["scripted"] == true);
  CHECK((*demo)["usable"] == true);
  CHECK((*demo)["context"] == "200000");
  CHECK((*demo)["abilities"]
        == test::json::array({"tools", "structured_output"}));
  CHECK(it.get("/models/demo") == *demo);
}

TEST_CASE("a model is shown with all that is known of it, as it is now") {
  api_under_test it;
  auto listed = models::load_catalogue({}, R"(
[provider.p]
protocol = "openai"
url = "http://127.0.0.1:1"
[model."vendor/x"]
provider = "p"
aliases = ["x"]
context = 1000000
takes = ["image", "document"]
max_images = 600
reasoning = "hidden"
regions = ["eu"]
data = ["zero_retention"]
deprecated = "2027-01-31"
price = { input = "1", output = "2", cache_write = "1.25", call = "0.005", long = { above = 200000, input = "2", output = "3" } }
source = "https://example.org/"
as_of = "2026-11-28"
[model.v]
provider = "p"
embeddings = true
dimensions = 768
)",
                                       "c.toml");
  REQUIRE(listed);
  it.machine.node().options().models->put(
    {std::move(*listed), {}, {{"p", "no key: set P_KEY"}}});
  CHECK(it.get("/models")["items"].size() == 2);
  auto x = it.get("/models/x");
  CHECK(it.get("/models/vendor%2Fx") == x);
  CHECK(x["id"] == "vendor/x");
  CHECK(x["aliases"] == json{"x"});
  CHECK(x["takes"] == json{"image", "document"});
  CHECK(x["max_images"] == 600);
  CHECK(x["reasoning"] == "hidden");
  CHECK(x["regions"] == json{"eu"});
  CHECK(x["data"] == json{"zero_retention"});
  CHECK(x["deprecated"] == "2027-01-31");
  CHECK(x["price"]["cache_write"] == "1250000");
  CHECK(x["price"]["call"] == "5000");
  CHECK(x["price"]["long_prompt"]["above"] == "200000");
  CHECK(x["source"] == "https://example.org/");
  CHECK(x["usable"] == false);
  CHECK(x["reason"] == "no key: set P_KEY");
  auto v = it.get("/models/v");
  CHECK(v["embeddings"] == true);
  CHECK(v["dimensions"] == 768);
  CHECK(test::has(it.problem(404, "GET", "/models/vendor%2Fy"),
                  "did you mean vendor/x?"));
  auto stock = it.machine.node().options().models->stock();
  it.machine.node().options().models->put({stock->listed, {}, {}});
  CHECK(test::has(it.get("/models/v")["reason"].get<std::string>(),
                  "set `price` of model"));
  CHECK(it.get("/models/x")["usable"] == true);
}

TEST_CASE("a run is not begun with a model that gives no answers") {
  api_under_test it;
  auto listed = it.machine.node().options().models->stock()->listed;
  listed.models["v"] = listed.models["demo"];
  listed.models["v"].id = "v";
  listed.models["v"].embeddings = true;
  it.machine.node().options().models->put({std::move(listed), {}, {}});
  json run{{"title", "x"}, {"workflow", test::quick}, {"model", "v"}};
  CHECK(test::has(it.problem(422, "POST", "/runs", run.dump()),
                  "it makes vectors, and no answers"));
}

TEST_CASE("content is given to who may see the run that names it") {
  api_under_test it;
  auto id = it.start("name: w\nsteps:\n  - {id: a, command: 'echo x > new'}\n",
                     {{"repository", it.machine.repository()}});
  auto end = it.machine.wait_for_end(id);
  INFO(it.machine.log(id));
  REQUIRE(end.published);
  auto there = "/runs/" + id + "/artefacts/";
  auto blob = it.ask("GET", there + end.published->diff);
  CHECK(blob.status == 200);
  CHECK(blob.header("content-type") == "application/octet-stream");
  auto diff = it.ask("GET", "/runs/" + id + "/diff");
  CHECK(diff.status == 200);
  CHECK(diff.header("content-type") == "text/x-diff; charset=utf-8");
  CHECK(diff.body == blob.body);
  CHECK(diff.body.find("+x") != std::string::npos);
  it.problem(404, "GET", there + std::string(64, '0'));
  for (auto& odd : {std::string{"nothing"}, std::string(64, 'x'),
                    end.published->diff.substr(0, 63), std::string{"a"}})
    it.problem(400, "GET", there + odd);
  // It is there, but not for this run.
  auto other = it.start(test::quick);
  it.machine.wait_for_end(other);
  it.problem(404, "GET",
             "/runs/" + other + "/artefacts/" + end.published->diff);
  // That somebody has called a run so makes it no content of that run.
  auto named = it.start(test::quick, {{"title", end.published->diff}});
  it.machine.wait_for_end(named);
  it.problem(404, "GET",
             "/runs/" + named + "/artefacts/" + end.published->diff);
}

TEST_CASE("a machine stops when it is asked to") {
  api_under_test it;
  CHECK(it.expect(202, "POST", "/stop")["status"] == "stopping");
  CHECK(it.stopping.wait());
}

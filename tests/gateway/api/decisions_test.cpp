#include "actors/models/desk/call_id.hpp"
#include "actors/node/actors.hpp"
#include "runtime/wire/text.hpp"
#include "tests/actors/models/decisions/decision_example.hpp"
#include "tests/gateway/api/people.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using tenants::role;
using test::example_decision;
using test::has;
using test::json;

namespace {

/// A machine that has had calls of models.
struct with_decisions : test::people_under_test {
  timestamp start = wall_clock() - std::chrono::hours{10};

  /// Keeps the *number*th decision, of that many hours after the start.
  std::string keep(uint64_t number, const std::string& model = "demo",
                   const std::string& tenant = local_tenant,
                   const std::string& key = "k1") {
    auto x =
      example_decision(start + std::chrono::hours{number}, number, model);
    x.whose.key = key;
    // What answers from a script is asked only by its name.
    x.needs->pinned = "demo";
    auto id = x.id;
    machine.node().actors().decisions->note(
      std::make_shared<models::noted_decision>(
        models::noted_decision{tenant, std::move(x)}));
    return id;
  }

  size_t count(const std::string& query) const {
    auto page = get("/decisions" + query);
    CHECK(page["next_cursor"] == "");
    return page["items"].size();
  }

  std::string moment(uint64_t number) const {
    return wire::format_time(start + std::chrono::hours{number});
  }

  json replay(json body, int status = 200) const {
    return expect(status, "POST", "/decisions/replay", body.dump());
  }
};

} // namespace

TEST_CASE("a decision is shown as it was kept") {
  with_decisions it;
  auto id = it.keep(1);
  auto x = it.get("/decisions/" + id);
  CHECK(x["id"] == id);
  CHECK(x["asked"]["model"] == "auto");
  CHECK(x["chosen"]["candidates"][0]["model"] == "demo");
  CHECK(x["chosen"]["candidates"][0]["expected"] == "20");
  CHECK(x["chosen"]["rejections"][0]["reason"] == "its price is unknown");
  CHECK(x["tries"][0]["cost"] == "15");
  CHECK(x["result"]["end"] == "answered");
  CHECK(x["result"]["cost"] == "15");
}

TEST_CASE("a decision that is not there is told from one that is gone") {
  with_decisions it;
  CHECK(has(it.problem(404, "GET", "/decisions/nothing"), "X-Machine-Call"));
  CHECK(has(
    it.problem(404, "GET", "/decisions/" + models::new_call_id(it.start, 9, 9)),
    "GET /api/v1/decisions lists"));
  auto old = wall_clock() - std::chrono::hours{24 * 30};
  CHECK(
    has(it.problem(404, "GET", "/decisions/" + models::new_call_id(old, 9, 9)),
        "retention.decisions"));
}

TEST_CASE("decisions are listed newest first, page by page") {
  with_decisions it;
  std::vector<std::string> ids;
  for (uint64_t i = 0; i < 5; ++i)
    ids.push_back(it.keep(i));
  std::vector<std::string> seen;
  std::string cursor;
  do {
    auto page = it.get("/decisions?limit=2"
                       + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (auto& x : page["items"])
      seen.push_back(x["id"]);
    cursor = page["next_cursor"];
  } while (!cursor.empty());
  std::reverse(seen.begin(), seen.end());
  CHECK(seen == ids);
  auto first = it.get("/decisions?limit=1")["items"][0];
  CHECK(first["asked"] == "auto");
  CHECK(first["model"] == "demo");
  CHECK(first["end"] == "answered");
  CHECK(first["expected"] == "20");
  CHECK(first["cost"] == "15");
  it.problem(400, "GET", "/decisions?cursor=nonsense");
  it.problem(400, "GET", "/decisions?since=nonsense");
  it.problem(400, "GET", "/decisions?limit=0");
}

TEST_CASE("decisions are found by model, principal, key and time") {
  with_decisions it;
  for (uint64_t i = 0; i < 4; ++i)
    it.keep(i, i < 3 ? "demo" : "other", local_tenant, i == 0 ? "k2" : "k1");
  CHECK(it.count("") == 4);
  CHECK(it.count("?model=other") == 1);
  CHECK(it.count("?key=k2") == 1);
  CHECK(it.count("?principal=ada") == 4);
  CHECK(it.count("?principal=bob") == 0);
  CHECK(it.count("?model=demo&key=k1") == 2);
  CHECK(it.count("?since=" + it.moment(2)) == 2);
  CHECK(it.count("?until=" + it.moment(2)) == 2);
  CHECK(it.count("?since=" + it.moment(1) + "&until=" + it.moment(3)) == 2);
}

TEST_CASE("nobody sees decisions of another tenant") {
  with_decisions it;
  it.make_tenant("acme");
  it.make_tenant("umbrella");
  auto id = it.keep(1, "demo", "acme");
  auto ours = it.make("acme", "ada", role::viewer);
  auto others = it.make("umbrella", "eve", role::admin);
  auto path = "/api/v1/decisions/" + id;
  CHECK(it.ask_as(&ours, "GET", path).status == 200);
  CHECK(it.ask_as(&others, "GET", path).status == 404);
  CHECK(it.ask_as(nullptr, "GET", path).status == 401);
  auto list = it.ask_as(&others, "GET", "/api/v1/decisions");
  CHECK(json::parse(list.body)["items"].empty());
  json body{{"policy", "[policy.x]\nprefer = \"best\"\n"}};
  auto report =
    it.ask_as(&others, "POST", "/api/v1/decisions/replay", body.dump());
  CHECK(report.status == 200);
  CHECK(json::parse(report.body)["calls"] == "0");
  auto mine = it.ask_as(&ours, "POST", "/api/v1/decisions/replay", body.dump());
  CHECK(json::parse(mine.body)["calls"] == "1");
}

TEST_CASE("a replay says what past calls would have cost") {
  with_decisions it;
  for (uint64_t i = 0; i < 4; ++i)
    it.keep(i, "gone");
  const std::string policy = "[policy.night]\nprefer = \"cheap\"\n";
  auto all = it.replay({{"policy", policy}});
  CHECK(all["policy"] == "night");
  CHECK(all["calls"] == "4");
  CHECK(all["changed"] == "4");
  CHECK(all["was"]["cost"] == "60");
  CHECK(all["was"]["chosen"]["gone"] == "4");
  CHECK(all["would"]["chosen"]["demo"] == "4");
  CHECK(all["is_part"] == false);
  CHECK(it.replay({{"policy", policy}, {"since", it.moment(2)}})["calls"]
        == "2");
  CHECK(it.replay({{"policy", policy}, {"until", it.moment(1)}})["calls"]
        == "1");
  auto part = it.replay({{"policy", policy}, {"limit", 3}});
  CHECK(part["calls"] == "3");
  CHECK(part["is_part"] == true);
  CHECK(it.replay({{"policy", policy}, {"model", "demo"}})["calls"] == "0");
  // Nobody may answer under this one.
  auto none = it.replay(
    {{"policy", "[policy.none]\nallowed_models = [\"nothing-*\"]\n"}});
  CHECK(none["calls"] == "0");
  CHECK(none["refused"] == "4");
  CHECK(has(none["first_refusal"].get<std::string>(), "demo"));
}

TEST_CASE("a policy that is none is refused") {
  with_decisions it;
  auto problem = [&](json body) {
    return it.problem(400, "POST", "/decisions/replay", body.dump());
  };
  CHECK(has(problem({{"policy", "nowhere"}}), "there is no policy nowhere"));
  CHECK(has(problem({{"policy", "[policy.a]\n[policy.b]\n"}}), "just one"));
  CHECK(
    has(problem({{"policy", "[policy.a]\nprefre = \"best\"\n"}}), "prefre"));
  CHECK(has(problem({{"policy", "[policy.a]\n"}, {"limit", 0}}), "limit"));
  problem(json::object());
}

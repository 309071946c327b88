#include "actors/costs/ledger/ledger.hpp"
#include "actors/node/actors.hpp"
#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::has;
using test::json;

namespace {

/// A machine whose ledger a test writes.
struct with_ledger : api_under_test {
  uint64_t words = 0;
  uint64_t lines = 0;

  /// Books a call of *model* with *key*.
  void book(const std::string& model, micro_usd cost,
            const std::string& key = "k1") {
    costs::call_line x;
    x.number = ++lines;
    x.at = wall_clock();
    x.call = "c-" + std::to_string(lines);
    x.whose.model = model;
    x.whose.key = key;
    x.provider = "p";
    x.usage = models::token_usage{10, 0, 5};
    x.cost = cost;
    x.took = duration{100};
    costs::exchange_money word{"test-node", ++words, {x}, {}};
    auto& actors = machine.node().actors();
    caf::scoped_actor self{actors.system};
    auto booked = false;
    self
      ->request(actors.ledgers, std::chrono::seconds{20}, atom::command_v,
                entity::key{local_tenant, costs::ledger_id},
                costs::ledger_command{word})
      .receive([&](const entity::outcome<costs::ledger>&) { booked = true; },
               [](const caf::error& why) { FAIL(render(why)); });
    REQUIRE(booked);
  }

  json put(int status, const std::string& id, const std::string& body,
           const std::string& tag = "") const {
    return expect(status, "PUT", "/costs/budgets/" + id, body,
                  tag.empty() ? "" : "If-Match: " + tag + "\r\n");
  }
};

} // namespace

TEST_CASE("a budget is made, shown, changed and removed") {
  with_ledger it;
  CHECK(it.get("/costs/budgets")["items"].empty());
  CHECK(it.get("/costs/forecast")["items"].empty());
  auto made = it.put(200, "team",
                     R"({"limit":"5000000","scope":"project",)"
                     R"("subject":"shop","window":"month","kind":"soft"})");
  CHECK(made["what"]["id"] == "team");
  CHECK(made["what"]["kind"] == "soft");
  CHECK(made["what"]["alerts"] == json{80, 100});
  CHECK(made["left"] == "5000000");
  CHECK(made["forecast"]["outlook"] == "idle");
  CHECK(it.get("/costs/budgets/team")["tag"] == made["tag"]);
  CHECK(it.get("/costs/budgets")["items"].size() == 1);
  CHECK(it.get("/costs/forecast")["items"].size() == 1);
  auto changed = it.put(200, "team",
                        R"({"limit":7000000,"scope":"project",)"
                        R"("subject":"shop","window":"month"})");
  CHECK(changed["what"]["limit"] == "7000000");
  CHECK(changed["what"]["kind"] == "hard");
  CHECK(it.expect(200, "DELETE", "/costs/budgets/team")["status"] == "removed");
  it.problem(404, "GET", "/costs/budgets/team");
  it.problem(404, "DELETE", "/costs/budgets/team");
}

TEST_CASE("a budget that somebody else has changed is not changed back") {
  with_ledger it;
  auto first = it.put(200, "team", R"({"limit":"5000000"})");
  std::string tag = first["tag"];
  // What is spent does not count.
  it.book("m", 1'000);
  it.put(200, "team", R"({"limit":"6000000"})", tag);
  it.problem(412, "PUT", "/costs/budgets/team", R"({"limit":"7000000"})",
             "If-Match: " + tag + "\r\n");
  it.problem(412, "DELETE", "/costs/budgets/team", "",
             "If-Match: " + tag + "\r\n");
  it.problem(412, "PUT", "/costs/budgets/other", R"({"limit":"1"})",
             "If-Match: " + tag + "\r\n");
  CHECK(it.get("/costs/budgets/team")["what"]["limit"] == "6000000");
}

TEST_CASE("what cannot be a budget is refused") {
  with_ledger it;
  it.problem(400, "PUT", "/costs/budgets/Team", R"({"limit":"5"})");
  it.problem(400, "PUT", "/costs/budgets/team", R"({"limit":"-5"})");
  it.problem(400, "PUT", "/costs/budgets/team",
             R"({"limit":"5","scope":"model"})");
  CHECK(has(it.problem(400, "PUT", "/costs/budgets/team",
                       R"({"limit":"5","windw":"day"})"),
            "did you mean window?"));
  it.put(200, "team", R"({"limit":"5"})");
  it.problem(409, "PUT", "/costs/budgets/team",
             R"({"limit":"5","window":"day"})");
}

TEST_CASE("calls are listed page by page, each once") {
  with_ledger it;
  CHECK(it.get("/costs/calls")["items"].empty());
  for (int i = 0; i < 7; ++i)
    it.book(i % 2 == 0 ? "even" : "odd", 100 + i);
  std::vector<std::string> seen;
  std::string cursor;
  do {
    auto page = it.get("/costs/calls?limit=3"
                       + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (auto& x : page["items"])
      seen.push_back(x["cost"]);
    page["next_cursor"].get_to(cursor);
  } while (!cursor.empty());
  CHECK(seen
        == std::vector<std::string>{"100", "101", "102", "103", "104", "105",
                                    "106"});
  auto odd = it.get("/costs/calls?model=odd")["items"];
  CHECK(odd.size() == 3);
  CHECK(odd[0]["whose"]["model"] == "odd");
  CHECK(odd[0]["holder"] == "test-node");
  CHECK(it.get("/costs/calls?until=2026-01-01T00:00:00Z")["items"].empty());
  CHECK(it.get("/costs/calls?since=2026-01-01T00:00:00Z")["items"].size() == 7);
  CHECK(it.get("/costs/calls?since=9000-01-01T00:00:00Z")["items"].empty());
  for (auto* bad : {"x", "0-0", "1-", "-1", "18446744073709551615-0"})
    it.problem(400, "GET", std::string{"/costs/calls?cursor="} + bad);
  it.problem(400, "GET", "/costs/calls?since=yesterday");
}

TEST_CASE("a report sums up, as JSON and for spreadsheets") {
  with_ledger it;
  it.book("a", 1'500'000);
  it.book("a", 1, "k2");
  it.book("=b", 2'000'000);
  auto report = it.get("/costs/report?by=model,key");
  REQUIRE(report["rows"].size() == 3);
  CHECK(report["rows"][0]["of"] == json{{"model", "=b"}, {"key", "k1"}});
  CHECK(report["rows"][0]["sum"]["cost"] == "2000000");
  CHECK(report["total"]["cost"] == "3500001");
  CHECK(report["total"]["calls"] == "3");
  CHECK(report["total"]["tokens"]["input"] == "30");
  CHECK(it.get("/costs/report?key=k2")["total"]["cost"] == "1");
  auto csv = it.ask("GET", "/costs/report?format=csv");
  CHECK(csv.status == 200);
  CHECK(csv.header("content-type") == "text/csv; charset=utf-8");
  CHECK(has(csv.body, "\r\n'=b,1,0,0,0,10,"));
  CHECK(has(csv.body, "\r\na,2,0,0,0,20,"));
  CHECK(has(it.problem(400, "GET", "/costs/report?by=modle"),
            "did you mean model?"));
  it.problem(400, "GET", "/costs/report?format=xml");
}

TEST_CASE("who spends most of late is first") {
  with_ledger it;
  it.book("cheap", 5);
  it.book("dear", 50);
  auto top = it.get("/costs/top?minutes=5");
  CHECK(top["cost"] == "55");
  REQUIRE(top["models"].size() == 2);
  CHECK(top["models"][0]["name"] == "dear");
  CHECK(top["keys"][0]["cost"] == "55");
  CHECK(top["runs"].empty());
  it.problem(400, "GET", "/costs/top?minutes=0");
}

TEST_CASE("webhooks are made, listed and removed") {
  with_ledger it;
  auto made =
    it.expect(200, "PUT", "/costs/webhooks/ops",
              R"({"url":"https://hooks.example.com/x","secret_id":"key"})");
  CHECK(made["secret_id"] == "key");
  CHECK(made["waiting"] == 0);
  CHECK(it.get("/costs/webhooks")["items"].size() == 1);
  it.problem(400, "PUT", "/costs/webhooks/ops",
             R"({"url":"http://hooks.example.com"})");
  it.expect(200, "DELETE", "/costs/webhooks/ops");
  it.problem(404, "DELETE", "/costs/webhooks/ops");
}

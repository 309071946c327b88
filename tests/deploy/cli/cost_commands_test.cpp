#include "deploy/cli/cli.hpp"
#include "tests/deploy/cli/local_server.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace machine;
using machine::test::local_server;
using machine::test::received;
using test::has;

namespace {

/// What is said to a machine that a test plays, and what comes of it.
struct cost_desk {
  test::temporary_directory dir;
  int code = 0;
  std::string out;
  std::string err;

  explicit cost_desk(const local_server& server) {
    std::ofstream empty{dir / "config.toml"};
    std::ofstream{dir / "endpoint.json"}
      << R"({"url":")" << server.url()
      << R"(","token":"secret","pid":1,"version":"0"})";
  }

  void run(std::vector<std::string> words) {
    words.insert(words.begin(), {"themachine", "cost"});
    words.insert(words.end(),
                 {"--data-dir", dir.path(), "--config", dir / "config.toml"});
    std::ostringstream to_out;
    std::ostringstream to_err;
    auto start = [](const config::config&, cli::lifetime)
      -> caf::expected<std::unique_ptr<cli::running_machine>> {
      return make_error(ec::conflict, "it is up already");
    };
    code = cli::run_cli(words, start, {to_out, to_err});
    out = to_out.str();
    err = to_err.str();
  }
};

const std::string team =
  R"({"what":{"id":"team","scope":"project","subject":"shop",)"
  R"("limit":"5000000","window":"rolling","length":43200000,"kind":"soft",)"
  R"("alerts":[50]},"since":"2026-11-24T10:00:00Z","settled":"1500000",)"
  R"("leased":"0","left":"3500000","forecast":{"budget":"team",)"
  R"("outlook":"runs_out","source":"hours","hours":9,"rate":"700000",)"
  R"("rate_low":"600000","rate_high":"800000","at":"2026-11-24T15:00:00Z"},)"
  R"("tag":"\"t1\""})";

std::string play_costs(const received& x) {
  auto is = [&](const std::string& target) {
    return x.target == "/api/v1/costs" + target;
  };
  if (is("/info") || x.target == "/api/v1/info")
    return local_server::json(R"({"version":"0"})");
  if (is("/budgets"))
    return local_server::json(R"({"items":[)" + team
                              + R"(],"next_cursor":""})");
  if (is("/budgets/team") && x.method == "PUT" && !x.has("If-Match: \"t1\""))
    return local_server::json(R"({"code":"changed","detail":"it changed"})",
                              412);
  if (is("/budgets/team") && x.method == "DELETE")
    return local_server::json(R"({"status":"removed"})");
  if (is("/budgets/team") || (is("/budgets/new") && x.method == "PUT"))
    return local_server::json(team);
  if (has(x.target, "/costs/report") && has(x.target, "format=csv"))
    return local_server::reply(200, "text/csv", "model,calls\r\nm,1\r\n");
  if (has(x.target, "/costs/report"))
    return local_server::json(
      R"({"by":["model","day"],"rows":[{"of":{"model":"m","day":"2026-11-24"},)"
      R"("sum":{"calls":"2","failed":"0","tokens":{"input":"10","cached":"0",)"
      R"("output":"7"},"cost":"1500000","average_latency":12}}],)"
      R"("total":{"calls":"2","failed":"0","tokens":{"input":"10",)"
      R"("cached":"0","output":"7"},"cost":"1500000","average_latency":12}})");
  if (has(x.target, "/costs/top?minutes=5&limit=10"))
    return local_server::json(
      R"({"since":"2026-11-24T10:00:00Z","calls":"3","cost":"1500000",)"
      R"("models":[{"name":"m","calls":"3","cost":"1500000"}],"keys":[],)"
      R"("runs":[],"agents":[]})");
  if (is("/forecast"))
    return local_server::json(
      R"({"items":[{"budget":"team","outlook":"idle","source":"hours",)"
      R"("hours":9,"rate":"0","rate_low":"0","rate_high":"0"}],)"
      R"("next_cursor":""})");
  return local_server::json(R"({"code":"not_found","detail":"no such"})", 404);
}

} // namespace

TEST_CASE("budgets are listed with what is left") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"budget", "list"});
  CHECK(at.code == 0);
  for (auto* text : {"team", "project shop", "last 12 h", "$5.00", "$3.50"})
    CHECK(has(at.out, text));
  at.run({"budget", "list", "--json"});
  CHECK(at.code == 0);
  CHECK(has(at.out, R"({"items":[{"what":{"id":"team")"));
}

TEST_CASE("a budget is shown with its forecast") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"budget", "show", "team"});
  CHECK(at.code == 0);
  CHECK(has(at.out, "$0.70 an hour, $0.60 to $0.80"));
  CHECK(has(at.out, "50%"));
  at.run({"budget", "show", "none"});
  CHECK(at.code == 3);
}

TEST_CASE("what is not named of a budget stays, if nobody else changed it") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"budget", "set", "team", "--limit", "7"});
  CHECK(at.code == 0);
  auto sent = server.requests().back();
  CHECK(sent.method == "PUT");
  CHECK(sent.has("If-Match: \"t1\""));
  CHECK(sent.body
        == R"({"scope":"project","subject":"shop","limit":"7000000",)"
           R"("window":"rolling","length":43200000,"kind":"soft",)"
           R"("alerts":[50]})");
}

TEST_CASE("a new budget needs a limit") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"budget", "set", "new", "--kind", "soft"});
  CHECK(at.code == 3);
  CHECK(has(at.err, "--limit"));
  at.run({"budget", "set", "new", "--limit", "1", "--window", "day"});
  CHECK(at.code == 0);
  CHECK(server.requests().back().body
        == R"({"scope":"tenant","subject":"","limit":"1000000",)"
           R"("window":"day","kind":"hard","alerts":[80,100]})");
}

TEST_CASE("a budget is removed") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"budget", "remove", "team"});
  CHECK(at.code == 0);
  at.run({"budget", "remove", "none"});
  CHECK(at.code == 3);
}

TEST_CASE("a report is a table, CSV as it comes, or JSON") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"report", "--by", "model,day", "--project", "shop"});
  CHECK(at.code == 0);
  CHECK(has(server.requests().back().target, "by=model%2Cday"));
  CHECK(has(server.requests().back().target, "project=shop"));
  for (auto* text : {"2026-11-24", "$1.50", "total", "12 ms"})
    CHECK(has(at.out, text));
  at.run({"report", "--csv"});
  CHECK(at.out == "model,calls\r\nm,1\r\n");
  at.run({"report", "--json"});
  CHECK(has(at.out, R"("rows":[{"of")"));
}

TEST_CASE("who spends most is shown") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"top", "--minutes", "5"});
  CHECK(at.code == 0);
  CHECK(has(at.out, "$1.50 for 3 calls in 5 minutes"));
  CHECK(!has(at.out, "agent"));
}

TEST_CASE("a forecast says when nothing is spent") {
  local_server server{play_costs};
  cost_desk at{server};
  at.run({"forecast"});
  CHECK(at.code == 0);
  CHECK(has(at.out, "nothing is spent"));
}

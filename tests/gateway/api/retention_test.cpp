#include "actors/node/node.hpp"
#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::asking;
using test::has;
using test::json;
using test::quick;

namespace {

/// A run that is over.
std::string ended(api_under_test& it) {
  auto id = it.start(quick);
  it.machine.wait(id, [](auto& now) { return now.books_closed; });
  return id;
}

std::vector<std::string> ids_of(const json& list) {
  std::vector<std::string> result;
  for (auto& x : list["items"])
    result.push_back(x["id"]);
  return result;
}

using ids = std::vector<std::string>;

} // namespace

TEST_CASE("a list of runs leaves out what is archived, unless asked") {
  api_under_test it;
  auto first = ended(it);
  auto second = ended(it);
  auto third = ended(it);
  CHECK(it.expect(200, "POST", "/runs/" + second + "/archive")["status"]
        == "archived");
  CHECK(ids_of(it.get("/runs")) == ids{third, first});
  CHECK(ids_of(it.get("/runs?archived=false")) == ids{third, first});
  CHECK(ids_of(it.get("/runs?archived=true")) == ids{second});
  CHECK(ids_of(it.get("/runs?archived=all")) == ids{third, second, first});
  CHECK(ids_of(it.get("/runs?state=done")) == ids{third, first});
  CHECK(it.get("/runs?archived=true")["items"][0]["archived"] == true);
  CHECK(it.get("/runs/" + second)["archived"] == true);
  CHECK(it.get("/runs/" + first)["archived"] == false);
  CHECK(
    has(it.problem(400, "GET", "/runs?archived=yes"), "true, false or all"));
  // A page is full, whatever lies between.
  auto page = it.get("/runs?limit=2");
  CHECK(ids_of(page) == ids{third, first});
  page = it.get("/runs?limit=1");
  CHECK(ids_of(page) == ids{third});
  page =
    it.get("/runs?limit=1&cursor=" + page["next_cursor"].get<std::string>());
  CHECK(ids_of(page) == ids{first});
  CHECK(page["next_cursor"] == "");
  it.expect(200, "POST", "/runs/" + second + "/unarchive");
  CHECK(ids_of(it.get("/runs")) == ids{third, second, first});
  CHECK(ids_of(it.get("/runs?archived=true")).empty());
}

TEST_CASE("a run that is erased is nowhere to be found") {
  api_under_test it;
  auto id = ended(it);
  CHECK(it.expect(200, "DELETE", "/runs/" + id)["status"] == "erased");
  CHECK(has(it.problem(404, "GET", "/runs/" + id), "there is no run " + id));
  it.problem(404, "GET", "/runs/" + id + "/events");
  it.problem(404, "POST", "/runs/" + id + "/archive");
  it.problem(404, "POST", "/runs/" + id + "/rerun");
  it.problem(404, "DELETE", "/runs/" + id);
  CHECK(ids_of(it.get("/runs?archived=all")).empty());
}

TEST_CASE("a run that has not ended is neither archived nor erased") {
  api_under_test it;
  auto id = it.start(asking);
  it.wait_for_questions(id);
  CHECK(
    has(it.problem(409, "POST", "/runs/" + id + "/archive"), "has not ended"));
  CHECK(has(it.problem(409, "DELETE", "/runs/" + id), "has not ended"));
  it.problem(404, "DELETE", "/runs/nobody");
  it.problem(400, "DELETE", "/runs/a%20b");
  CHECK(it.get("/runs/" + id)["state"] == "waiting");
}

TEST_CASE("whoever follows a run that is archived comes to an end") {
  api_under_test it;
  auto id = ended(it);
  it.expect(200, "POST", "/runs/" + id + "/archive");
  auto events = it.machine.events(id).size();
  auto all = it.follow(id, 0);
  CHECK(has(all.read_all(), "books_closed"));
  auto rest = it.follow(id, events - 1);
  CHECK(has(rest.read_all(), "run_archived"));
  auto nothing = it.follow(id, events);
  CHECK(!has(nothing.read_all(), "\"seq\""));
}

TEST_CASE("a collection says what it has found") {
  api_under_test it;
  auto hash = it.machine.node().engine().put_blob(as_bytes("nobody's"));
  REQUIRE(hash);
  for (auto turn : {1, 2}) {
    auto client = it.server.connect();
    REQUIRE(client.send(it.server.request("POST", "/api/v1/store/collect", "",
                                          R"({"grace":0})")));
    REQUIRE(client.read().status == 200);
    auto said = client.next_event();
    REQUIRE(said);
    CHECK(said->name == "result");
    CHECK(json::parse(said->data)["deleted"] == (turn == 1 ? "0" : "1"));
  }
  CHECK(!it.machine.node().engine().get_blob(*hash));
  CHECK(has(it.problem(400, "POST", "/store/collect", R"({"grace":-1})"),
            "not less than 0"));
  it.problem(400, "POST", "/store/collect", R"({"grac":1})");
}

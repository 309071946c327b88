#include "tests/gateway/api/api_under_test.hpp"

using namespace machine;
using test::json;

namespace {

/// The tag of what is at *path*.
std::string tag_of(const test::api_under_test& it, const std::string& path) {
  auto answer = it.ask("GET", path);
  REQUIRE(answer.status == 200);
  REQUIRE(answer.header("etag").starts_with('"'));
  return answer.header("etag");
}

std::string if_match(const std::string& tag) {
  return "If-Match: " + tag + "\r\n";
}

/// Something that can be changed, and a change that can be made twice.
struct changeable {
  std::string path;
  std::string change;
  std::string other;
};

std::vector<changeable> make_things(const test::api_under_test& it) {
  it.expect(201, "POST", "/projects", R"({"id":"web"})");
  auto task =
    it.expect(201, "POST", "/projects/web/tasks", R"({"title":"a page"})")["id"]
      .get<std::string>();
  json run{{"title", "nightly"}, {"workflow", test::quick}};
  json schedule{{"name", "nightly"}, {"cron", "0 3 * * *"}, {"run", run}};
  it.expect(201, "POST", "/projects/web/schedules", schedule.dump());
  it.expect(201, "POST", "/tenants", R"({"id":"acme"})");
  it.expect(201, "POST", "/tenants", R"({"id":"default"})");
  it.expect(201, "POST", "/principals", R"({"id":"ann"})");
  return {
    {"/projects/web", R"({"budget":"1000000"})", R"({"budget":"2000000"})"},
    {"/projects/web/tasks/" + task, R"({"title":"one page"})",
     R"({"title":"two pages"})"},
    {"/projects/web/schedules/nightly", R"({"cron":"0 4 * * *"})",
     R"({"cron":"0 5 * * *"})"},
    {"/tenants/acme", R"({"name":"Acme"})", R"({"name":"Acme Inc"})"},
    {"/principals/ann", R"({"name":"Ann"})", R"({"name":"Anna"})"},
  };
}

} // namespace

TEST_CASE("who has changed something is told what it is now") {
  test::api_under_test it;
  for (auto& x : make_things(it)) {
    INFO(x.path);
    auto changed = it.ask("PATCH", x.path, x.change, "If-None-Match: *\r\n");
    CHECK(changed.status == 200);
    CHECK(!changed.body.empty());
    CHECK(it.ask("GET", x.path, "", "If-None-Match: *\r\n").status == 304);
  }
}

TEST_CASE("who changes what somebody else has changed is told, and changes "
          "nothing") {
  test::api_under_test it;
  for (auto& x : make_things(it)) {
    INFO(x.path);
    auto seen = tag_of(it, x.path);
    it.expect(200, "PATCH", x.path, x.change, if_match(seen));
    auto now = it.get(x.path);
    CHECK(it.problem(412, "PATCH", x.path, x.other, if_match(seen))
          == "this is no longer what If-Match says; look at it again");
    CHECK(it.get(x.path) == now);
    auto fresh = tag_of(it, x.path);
    CHECK(fresh != seen);
    // Any of several, and whatever there is.
    it.expect(200, "PATCH", x.path, x.other, if_match(seen + ", " + fresh));
    it.expect(200, "PATCH", x.path, x.change, if_match("*"));
    it.expect(412, "PATCH", x.path, x.other,
              if_match("W/" + tag_of(it, x.path)));
  }
}

TEST_CASE("a change says what the next one has to match") {
  test::api_under_test it;
  for (auto& x : make_things(it)) {
    INFO(x.path);
    auto changed = it.ask("PATCH", x.path, x.change);
    REQUIRE(changed.status == 200);
    CHECK(changed.header("etag") == tag_of(it, x.path));
  }
}

TEST_CASE("who has the document is not sent it again") {
  test::api_under_test it;
  for (auto& x : make_things(it)) {
    INFO(x.path);
    auto tag = tag_of(it, x.path);
    CHECK(it.ask("GET", x.path, "", "If-None-Match: " + tag + "\r\n").status
          == 304);
  }
}

TEST_CASE("what is not there cannot have changed") {
  test::api_under_test it;
  it.expect(201, "POST", "/projects", R"({"id":"web"})");
  for (auto* path : {"/projects/none", "/projects/web/tasks/t-7",
                     "/projects/web/schedules/none"})
    it.expect(404, "PATCH", path, "{}", if_match("\"x\""));
}

TEST_CASE("another task of the project may change meanwhile") {
  test::api_under_test it;
  auto things = make_things(it);
  auto tag = tag_of(it, things[1].path);
  it.expect(201, "POST", "/projects/web/tasks", R"({"title":"another"})");
  it.expect(200, "PATCH", things[1].path, things[1].change, if_match(tag));
}

TEST_CASE("a schedule and a principal are removed only as they were seen") {
  test::api_under_test it;
  auto things = make_things(it);
  for (auto& x : {things[2], things[4]}) {
    auto seen = tag_of(it, x.path);
    it.expect(200, "PATCH", x.path, x.change);
    it.expect(412, "DELETE", x.path, "", if_match(seen));
    it.expect(200, "DELETE", x.path, "", if_match(tag_of(it, x.path)));
    it.expect(404, "GET", x.path);
  }
}

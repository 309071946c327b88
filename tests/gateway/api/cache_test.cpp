#include "gateway/api/document_cache.hpp"
#include "tests/gateway/api/api_under_test.hpp"

using namespace machine;
using gateway::document_cache;
using gateway::stamp;
using test::api_under_test;
using test::asking;

namespace {

document_cache::document text(std::string x) {
  return std::make_shared<const std::string>(std::move(x));
}

store::stream_id run_of(const std::string& id,
                        const std::string& tenant = "t") {
  return {"run", tenant, id};
}

} // namespace

TEST_CASE("a document is given out while its thing is the same") {
  document_cache it{1u << 20};
  stamp now{timestamp{std::chrono::seconds{1}}, 7};
  it.keep(run_of("a"), now, text("x"));
  REQUIRE(it.find(run_of("a"), now));
  CHECK(*it.find(run_of("a"), now) == "x");
  CHECK(!it.find(run_of("a", "other"), now));
  CHECK(!it.find(run_of("b"), now));
  CHECK(!it.find(run_of("a"), {now.created_at, 8}));
  CHECK(!it.find(run_of("a"), {timestamp{std::chrono::seconds{2}}, 7}));
  it.keep(run_of("a"), {now.created_at, 8}, text("y"));
  CHECK(!it.find(run_of("a"), now));
  CHECK(*it.find(run_of("a"), {now.created_at, 8}) == "y");
}

TEST_CASE("a document is known by the version at which its thing is so") {
  document_cache it{1u << 20};
  stamp now{timestamp{std::chrono::seconds{1}}, 7};
  it.keep(run_of("a"), now, text("x"));
  CHECK(!it.find(run_of("a"), 2));
  CHECK(it.find(run_of("a"), now, 2));
  auto same = it.find(run_of("a"), 2);
  REQUIRE(same);
  CHECK(*same->made == "x");
  CHECK(same->at == now);
  CHECK(!it.find(run_of("a"), 4));
  CHECK(!it.find(run_of("b"), 2));
  // Nobody who does not know makes it forget.
  CHECK(it.find(run_of("a"), now));
  CHECK(it.find(run_of("a"), 2));
  it.keep(run_of("a"), {now.created_at, 8}, text("y"));
  CHECK(!it.find(run_of("a"), 2));
}

TEST_CASE("the documents that were used last are kept, within the bound") {
  constexpr size_t bound = 1u << 20;
  document_cache it{bound};
  stamp now{{}, 1};
  it.keep(run_of("first"), now, text("x"));
  for (int i = 0; i < 2'000; ++i) {
    it.keep(run_of(std::to_string(i)), now, text(std::string(2'000, 'x')));
    CHECK(it.find(run_of("first"), now));
  }
  CHECK(it.size() <= bound);
  CHECK(it.size() > bound / 2);
  CHECK(!it.find(run_of("0"), now));
  CHECK(it.find(run_of("1999"), now));
  it.keep(run_of("large"), now, text(std::string(bound, 'x')));
  CHECK(!it.find(run_of("large"), now));
  CHECK(it.find(run_of("1999"), now));
}

TEST_CASE("a run that is looked at again is as it is now") {
  api_under_test it;
  auto id = it.start(asking);
  it.wait_for_questions(id);
  auto path = "/runs/" + id;
  auto first = it.ask("GET", path);
  auto tag = first.header("etag");
  CHECK(!tag.empty());
  auto again = it.ask("GET", path);
  CHECK(again.body == first.body);
  CHECK(again.header("etag") == tag);
  CHECK(it.ask("GET", path, "", "If-None-Match: " + tag + "\r\n").status
        == 304);
  it.expect(200, "POST", path + "/answers", R"({"answer":{"approved":true}})");
  auto after = it.ask("GET", path, "", "If-None-Match: " + tag + "\r\n");
  CHECK(after.status == 200);
  CHECK(after.body != first.body);
  CHECK(after.header("etag") != tag);
  it.machine.wait_for_end(id);
  CHECK(it.get(path)["state"] == "done");
  it.expect(200, "DELETE", path);
  it.problem(404, "GET", path);
}

#include "tests/actors/tracker/project_under_test.hpp"

#include <nlohmann/json.hpp>

using namespace machine;
using namespace machine::test;
using nlohmann::json;

namespace {

std::vector<entity::announcement> news_since(const project_under_test& it,
                                             size_t first) {
  std::vector<project_event> events{
    it.log.begin() + static_cast<ptrdiff_t>(first), it.log.end()};
  return project::announce(it.state, events, it.ctx);
}

} // namespace

TEST_CASE("tasks that are new, changed or commented on are news") {
  project_under_test it;
  auto first = it.log.size();
  REQUIRE(!it.add("Paint it"));
  REQUIRE(!it.set("t-1", task_state::in_progress));
  REQUIRE(!it.give(comment_task{"t-1", "ann", "blue"}));
  auto told = news_since(it, first);
  REQUIRE(told.size() == 3);
  for (auto& x : told) {
    CHECK(x.topic == "tasks");
    CHECK(x.what.project == "p");
    CHECK(x.what.subject == "task/t-1");
  }
  CHECK(told[0].what.type == "task.created");
  CHECK(told[1].what.type == "task.changed");
  CHECK(json::parse(told[1].what.data.text)["state"] == "in_progress");
  CHECK(told[2].what.type == "task.commented");
  CHECK(json::parse(told[2].what.data.text)["text"] == "blue");
}

TEST_CASE("what is said of a long task is short") {
  project_under_test it;
  auto first = it.log.size();
  create_task what;
  what.title = "x";
  // An odd number of bytes before characters of two.
  what.description = "a";
  for (int i = 0; i < 2'000; ++i)
    what.description += "\u00e9";
  REQUIRE(!it.give(what));
  auto told = news_since(it, first);
  REQUIRE(told.size() == 1);
  std::string text = json::parse(told[0].what.data.text)["description"];
  CHECK(text.size() == 1'999);
}

TEST_CASE("charges and limits are news of costs") {
  project_under_test it{1'000'000};
  auto told = news_since(it, 0);
  REQUIRE(told.size() == 1);
  CHECK(told[0].topic == "costs");
  CHECK(told[0].what.type == "project.created");
  auto first = it.log.size();
  change_project more;
  more.budget = budget_limit{2'000'000};
  REQUIRE(!it.give(more));
  told = news_since(it, first);
  REQUIRE(told.size() == 1);
  CHECK(told[0].what.type == "project.changed");
  CHECK(json::parse(told[0].what.data.text)["budget"] == "2000000");
}

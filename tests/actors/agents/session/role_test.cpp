#include "actors/agents/session/role.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::agents;
using test::has;

namespace {

constexpr const char* good = R"(name = "tidy"
system = "You tidy up."
tools = ["read_file"]

[output]
type = "object"
)";

std::string problem(const std::string& text) {
  auto x = load_role(text, "tidy.toml");
  REQUIRE(!x);
  return message_of(x.error());
}

} // namespace

TEST_CASE("a role is data, with usual values for what it does not say") {
  auto x = load_role(good, "tidy.toml");
  REQUIRE(x);
  CHECK(x->name == "tidy");
  CHECK(x->max_turns == 30);
  CHECK(x->job == "general");
  CHECK(x->tools == std::vector<std::string>{"read_file"});
  CHECK(has(x->output.text, "object"));
}

TEST_CASE("the roles that come with the machine load") {
  auto all = built_in_roles();
  REQUIRE(all);
  for (auto name : {"code", "debug", "test"}) {
    REQUIRE(all->count(name) == 1);
    CHECK(all->at(name).name == name);
    CHECK(!all->at(name).tools.empty());
    CHECK(has(all->at(name).system, "finish"));
  }
}

TEST_CASE("what is wrong with a role is said with its file and line") {
  std::string text{good};
  CHECK(has(problem("name = "), "tidy.toml:1"));
  auto missing = problem("name = \"x\"\ntools = []\n[output]\n");
  CHECK(has(missing, "tidy.toml"));
  CHECK(has(missing, "system"));
  auto unknown = problem("max_turn = 3\n" + text);
  CHECK(has(unknown, "tidy.toml:1"));
  CHECK(has(unknown, "max_turn"));
  auto much = problem("max_turns = 201\n" + text);
  CHECK(has(much, "tidy.toml:1"));
  CHECK(has(much, "max_turns"));
  CHECK(has(problem("job = 3\n" + text), "job"));
  auto schema = problem(text + "properties = 3\n");
  CHECK(has(schema, "tidy.toml"));
  CHECK(has(schema, "output"));
}

TEST_CASE("the name of a role is a short word") {
  for (std::string name : {"", "Tidy", "a b", "../x", "\xC3\xA9"}) {
    INFO(name);
    auto text = std::string{good};
    text.replace(text.find("tidy"), 4, name);
    CHECK(has(problem(text), "tidy.toml:1"));
  }
  auto text = std::string{good};
  text.replace(text.find("tidy"), 4, std::string(65, 'a'));
  CHECK(has(problem(text), "name"));
  text.replace(text.find(std::string(65, 'a')), 65,
               "a-1_" + std::string(60, 'b'));
  CHECK(load_role(text, "tidy.toml"));
}

#include "actors/orchestrator/registry/registered_workflow.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

using namespace machine;
using namespace machine::orchestrator;

namespace {

/// A workflow without an actor: the core and its log.
struct workflow_under_test {
  registered_state state;
  entity::key id{"t", "p.deploy"};
  timestamp now{std::chrono::hours{1}};
  std::vector<registry_event> log;

  caf::error give(const registry_command& what) {
    now += std::chrono::seconds{1};
    entity::context ctx{id, now, 0};
    entity::draft<registered_workflow> to{state, ctx};
    auto result = registered_workflow::decide(to, what);
    if (result)
      REQUIRE(!to.changed());
    for (auto& x : to.take_events())
      log.push_back(std::move(x));
    return result;
  }

  caf::error publish(const std::string& text, const std::string& note = "") {
    return give(
      publish_workflow{"p", "deploy", text, "hash of " + text, note, "ann"});
  }

  workflow_summary row() const {
    return *wire::from_msgpack<workflow_summary>(
      registered_workflow::summarise(state, id).body);
  }

  bool is_listed() const {
    return registered_workflow::summarise(state, id).fields.at("listed")
        == "true";
  }
};

} // namespace

TEST_CASE("each text is a version, the newest last") {
  workflow_under_test it;
  REQUIRE(!it.publish("a", "first"));
  REQUIRE(!it.publish("bb"));
  REQUIRE(it.state.versions.size() == 2);
  CHECK(it.state.versions[0]
        == workflow_version{1, "hash of a", 1, "first", "ann",
                            it.now - std::chrono::seconds{1}});
  CHECK(it.state.versions[1].number == 2);
  CHECK(it.state.versions[1].size == 2);
  CHECK(it.row().newest == it.state.versions[1]);
  CHECK(it.row().versions == 2);
  CHECK(it.is_listed());
}

TEST_CASE("the newest text again is no new version, an older one is") {
  workflow_under_test it;
  REQUIRE(!it.publish("a"));
  REQUIRE(!it.publish("a", "another note"));
  CHECK(it.log.size() == 1);
  REQUIRE(!it.publish("b"));
  REQUIRE(!it.publish("a"));
  CHECK(it.state.versions.size() == 3);
}

TEST_CASE("what was withdrawn can be published again, and counts on") {
  workflow_under_test it;
  CHECK(code_of(it.give(withdraw_workflow{"ann"})) == ec::not_found);
  REQUIRE(!it.publish("a"));
  REQUIRE(!it.give(withdraw_workflow{"ann"}));
  CHECK(!it.is_listed());
  CHECK(code_of(it.give(withdraw_workflow{"ann"})) == ec::not_found);
  REQUIRE(!it.publish("a"));
  CHECK(it.is_listed());
  REQUIRE(it.state.versions.size() == 2);
  CHECK(it.state.versions[1].number == 3);
}

TEST_CASE("wrong names and notes are refused") {
  workflow_under_test it;
  auto of = [&](std::string project, std::string name, std::string note = "") {
    return code_of(it.give(publish_workflow{std::move(project), std::move(name),
                                            "a", "h", std::move(note), "ann"}));
  };
  CHECK(of("p", "other") == ec::invalid_argument);
  CHECK(of("q", "deploy") == ec::invalid_argument);
  CHECK(of("p", "deploy", std::string(501, 'x')) == ec::invalid_argument);
  CHECK(of("p", "deploy", std::string(500, 'x')) == ec::none);
  for (auto* bad : {"", "Deploy", "1a", "a.b", "a b", "é", "-a"})
    CHECK(code_of(check_workflow_name(bad)) == ec::invalid_argument);
  CHECK(check_workflow_name(std::string(65, 'a')));
  for (auto* good : {"a", "deploy-2_b"})
    CHECK(!check_workflow_name(good));
}

TEST_CASE("there is an end to versions") {
  workflow_under_test it;
  for (size_t i = 0; i < max_workflow_versions; ++i)
    REQUIRE(!it.publish(std::to_string(i)));
  CHECK(code_of(it.publish("one more")) == ec::limit_exceeded);
  // It is the newest already.
  CHECK(!it.publish(std::to_string(max_workflow_versions - 1)));
}

TEST_CASE("the number of a version is that of its event") {
  rc::check([] {
    workflow_under_test it;
    auto words = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
    for (auto x : words)
      if (x == 0)
        static_cast<void>(it.give(withdraw_workflow{"ann"}));
      else
        RC_ASSERT(!it.publish("text " + std::to_string(x)));
    for (auto& x : it.state.versions) {
      auto* event = std::get_if<workflow_published>(&it.log.at(x.number - 1));
      RC_ASSERT(event != nullptr);
      RC_ASSERT(event->hash == x.hash);
      entity::recorded<registry_event> stored{it.now, *event, false};
      auto found = version_in(wire::to_msgpack(stored));
      RC_ASSERT(found == std::optional{*event});
    }
    entity::recorded<registry_event> other{it.now, workflow_withdrawn{"x"},
                                           false};
    RC_ASSERT(!version_in(wire::to_msgpack(other)));
  });
}

#include "actors/nodes/node_log.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::nodes;

namespace {

/// A node's log without an actor.
struct log_under_test {
  node_state state;
  timestamp now{std::chrono::hours{1}};
  std::vector<entity::announcement> told;

  std::vector<node_event> give(const node_command& what) {
    entity::context ctx{{"system", "local"}, now, 0};
    entity::draft<node_log> to{state, ctx};
    REQUIRE(!node_log::decide(to, what));
    auto events = to.take_events();
    told = node_log::announce(state, events, ctx);
    return events;
  }
};

node_started started(const std::string& node) {
  return {node, "1.0", 17, {"gpu"}, 4};
}

} // namespace

TEST_CASE("a node starts and stops") {
  log_under_test it;
  auto what = started("a");
  CHECK(it.give(begin_node{what}) == std::vector<node_event>{what});
  CHECK(it.state.now == what);
  CHECK(it.state.since == it.now);
  REQUIRE(it.told.size() == 1);
  CHECK(it.told[0].topic == "nodes");
  CHECK(it.told[0].what.type == "node.started");
  CHECK(it.told[0].what.subject == "node/a");
  CHECK(it.told[0].what.project.empty());
  CHECK(it.told[0].what.data.text == wire::to_json(what));
  CHECK(it.give(end_node{"a"}) == std::vector<node_event>{node_stopped{"a"}});
  CHECK(!it.state.now);
  CHECK(it.told.at(0).what.type == "node.stopped");
}

TEST_CASE("a node that did not stop was lost") {
  log_under_test it;
  it.give(begin_node{started("a")});
  CHECK(it.give(begin_node{started("b")})
        == std::vector<node_event>{node_lost{"a"}, started("b")});
  REQUIRE(it.told.size() == 2);
  CHECK(it.told[0].what.type == "node.lost");
  CHECK(it.told[0].what.subject == "node/a");
  CHECK(it.told[1].what.type == "node.started");
  CHECK(it.state.now == started("b"));
}

TEST_CASE("what is told twice, or by who is not there, is no news") {
  log_under_test it;
  CHECK(it.give(end_node{"a"}).empty());
  CHECK(it.give(note_failure{{"a", "runs", "why"}}).empty());
  it.give(begin_node{started("a")});
  CHECK(it.give(begin_node{started("a")}).empty());
  CHECK(it.give(end_node{"b"}).empty());
  CHECK(it.give(note_failure{{"b", "runs", "why"}}).empty());
  CHECK(it.state.failures == 0);
  CHECK(it.told.empty());
}

TEST_CASE("actors that fail are counted until the next start") {
  log_under_test it;
  it.give(begin_node{started("a")});
  actor_failed what{"a", "runs", "it broke"};
  CHECK(it.give(note_failure{what}) == std::vector<node_event>{what});
  CHECK(it.told.at(0).what.type == "actor.failed");
  it.give(note_failure{what});
  CHECK(it.state.failures == 2);
  it.give(begin_node{started("b")});
  CHECK(it.state.failures == 0);
}

TEST_CASE("long texts of a failure are cut off") {
  log_under_test it;
  it.give(begin_node{started("a")});
  auto events = it.give(
    note_failure{{"a", std::string(1'000, 'n'), std::string(9'000, 'w')}});
  REQUIRE(events.size() == 1);
  auto& what = std::get<actor_failed>(events[0]);
  CHECK(what.actor.size() <= max_name);
  CHECK(what.why.size() <= max_why);
}

TEST_CASE("lists can tell who is up") {
  log_under_test it;
  CHECK(node_log::summarise(it.state, {}).fields.at("up") == "false");
  it.give(begin_node{started("a")});
  auto row = node_log::summarise(it.state, {});
  CHECK(row.fields.at("up") == "true");
  CHECK(*wire::from_msgpack<node_state>(row.body) == it.state);
}

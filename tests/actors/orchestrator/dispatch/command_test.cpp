#include "actors/orchestrator/dispatch/attempt.hpp"
#include "actors/orchestrator/dispatch/dispatch.hpp"
#include "actors/orchestrator/dispatch/workers.hpp"
#include "runtime/entity/feed.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/support/directory.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <catch2/catch.hpp>

#include <future>

using namespace machine;
using namespace machine::orchestrator;

namespace {

struct real_config : caf::actor_system_config {
  real_config() {
    add_message_types<caf::id_block::machine_runtime>();
    add_message_types<caf::id_block::machine_actors>();
    config_file_path = "";
  }
};

/// What a run was told of an attempt.
struct told {
  /// Of its one effect.
  finish_effect effect;
  fail_attempt failure;
};

/// Has *order* performed in a directory that is no worktree, so that the
/// attempt fails at the latest when its changes are committed.
told perform(const attempt_order& order) {
  real_config config;
  auto tools = std::make_shared<workshop>();
  tools->pool = std::make_shared<blocking_pool>(2);
  tools->commands = std::make_shared<blocking_pool>(1);
  std::promise<fail_attempt> failed;
  std::optional<finish_effect> ended;
  caf::actor_system system{config};
  auto runs =
    system.spawn([&](run_region::pointer) -> run_region::behavior_type {
      return {
        [&](atom::command, const entity::key&, const run_command& what) {
          if (auto* x = std::get_if<finish_effect>(&what))
            ended = *x;
          if (auto* x = std::get_if<fail_attempt>(&what))
            failed.set_value(*x);
          return entity::outcome<orchestrator::run>{};
        },
        [](atom::command, const entity::key&, const run_command&, uint64_t) {
          return caf::result<entity::outcome<orchestrator::run>>{
            caf::sec::invalid_argument};
        },
        [](atom::inspect, const entity::key&) {
          return caf::result<run_state>{caf::sec::invalid_argument};
        },
        [](atom::erase, const entity::key&) { return false; },
        [](atom::activate, const entity::key&) {},
        [](atom::repeat) {},
        [](atom::idle, const entity::key&) {},
        [](atom::stay, const entity::key&) {},
      };
    });
  tools->runs = runs;
  auto feed = system.spawn(entity::feed);
  tools->feed = feed;
  auto dispatch =
    system.spawn(orchestrator::dispatch, runs, dispatching::settings{});
  auto pool = system.spawn(workers, std::shared_ptr<const workshop>{tools},
                           dispatch, pool_settings{"local", {}});
  caf::anon_send(dispatch, atom::start_v, entity::key{"t", order.run}, order);
  auto failure = failed.get_future().get();
  caf::anon_send_exit(dispatch, caf::exit_reason::kill);
  caf::anon_send_exit(pool, caf::exit_reason::kill);
  caf::anon_send_exit(runs, caf::exit_reason::kill);
  caf::anon_send_exit(feed, caf::exit_reason::kill);
  tools->commands->close();
  tools->pool->close();
  tools->runs = nullptr;
  tools->feed = nullptr;
  REQUIRE(ended);
  return {*ended, failure};
}

attempt_order order_of(attempt_kind kind, const step_action& what,
                       const std::string& directory) {
  attempt_order order;
  order.run = "r-1";
  order.activation = order.step = "a";
  order.kind = kind;
  order.token = 1;
  order.directory = directory;
  order.request.text = wire::to_json(what);
  return order;
}

constexpr const char* say_key =
  "echo $THEMACHINE_IDEMPOTENCY_KEY $THEMACHINE_ATTEMPT";

} // namespace

TEST_CASE("a command that cannot start fails with the reason") {
  test::temporary_directory dir;
  auto [effect, failure] = perform(order_of(
    attempt_kind::command, command_step{{"true"}, {}}, dir / "missing"));
  INFO(failure.code << ": " << failure.message);
  CHECK(failure.code == effect.code);
  CHECK(failure.message == effect.message);
  CHECK(failure.message.find("missing") != std::string::npos);
}

TEST_CASE("a command knows its key, the same in every attempt") {
  test::temporary_directory dir;
  auto order =
    order_of(attempt_kind::command, command_step{{say_key}, {}}, dir.path());
  for (auto attempt : {1u, 2u}) {
    order.attempt = attempt;
    auto [effect, failure] = perform(order);
    INFO(effect.code << ": " << effect.message);
    REQUIRE(effect.result);
    auto line = "r-1:a " + std::to_string(attempt) + "\\n";
    CHECK(effect.result->find(line) != std::string::npos);
  }
}

TEST_CASE("what a step says of the environment comes before a command's key") {
  test::temporary_directory dir;
  auto order =
    order_of(attempt_kind::command,
             command_step{{say_key}, {{"THEMACHINE_IDEMPOTENCY_KEY", "mine"}}},
             dir.path());
  auto [effect, failure] = perform(order);
  REQUIRE(effect.result);
  CHECK(effect.result->find("mine 1\\n") != std::string::npos);
}

TEST_CASE("a tool that runs a command knows the key of its step") {
  test::temporary_directory dir;
  tool_step what;
  what.name = "run_command";
  what.arguments.text = R"({"command":")" + std::string{say_key} + R"("})";
  auto order = order_of(attempt_kind::tool, what, dir.path());
  order.attempt = 3;
  auto [effect, failure] = perform(order);
  INFO(effect.code << ": " << effect.message);
  REQUIRE(effect.result);
  CHECK(effect.result->find("r-1:a 3\\n") != std::string::npos);
}

TEST_CASE("each thing that an agent does has a key of its own") {
  auto order = order_of(attempt_kind::agent, agent_step{}, "");
  CHECK(idempotency_key(order, "a#1.2") == "r-1:a#1.2");
  CHECK(idempotency_key(order, "a#2.2") == "r-1:a#2.2");
  order.kind = attempt_kind::tool;
  CHECK(idempotency_key(order, "a#1.1") == idempotency_key(order, "a#2.1"));
}

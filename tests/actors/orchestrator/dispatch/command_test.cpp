#include "actors/orchestrator/dispatch/dispatch.hpp"
#include "actors/orchestrator/dispatch/workers.hpp"
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

} // namespace

TEST_CASE("a command that cannot start fails with the reason") {
  test::temporary_directory dir;
  real_config config;
  auto tools = std::make_shared<workshop>();
  tools->pool = std::make_shared<blocking_pool>(2);
  tools->commands = std::make_shared<blocking_pool>(1);
  std::promise<fail_attempt> told;
  std::optional<finish_effect> ended;
  caf::actor_system system{config};
  auto runs =
    system.spawn([&](run_region::pointer) -> run_region::behavior_type {
      return {
        [&](atom::command, const entity::key&, const run_command& what) {
          if (auto* x = std::get_if<finish_effect>(&what))
            ended = *x;
          if (auto* x = std::get_if<fail_attempt>(&what))
            told.set_value(*x);
          return entity::outcome<orchestrator::run>{};
        },
        [](atom::inspect, const entity::key&) {
          return caf::result<run_state>{caf::sec::invalid_argument};
        },
        [](atom::activate, const entity::key&) {},
        [](atom::repeat) {},
        [](atom::idle, const entity::key&) {},
        [](atom::stay, const entity::key&) {},
      };
    });
  tools->runs = runs;
  auto dispatch =
    system.spawn(orchestrator::dispatch, runs, dispatching::settings{});
  auto pool = system.spawn(workers, std::shared_ptr<const workshop>{tools},
                           dispatch, pool_settings{"local", {}});
  attempt_order order;
  order.activation = order.step = "a";
  order.token = 1;
  order.directory = dir / "missing";
  order.request.text = wire::to_json(step_action{command_step{{"true"}, {}}});
  caf::anon_send(dispatch, atom::start_v, entity::key{"t", "r-1"}, order);
  auto failure = told.get_future().get();
  INFO(failure.code << ": " << failure.message);
  REQUIRE(ended);
  CHECK(failure.code == ended->code);
  CHECK(failure.message == ended->message);
  CHECK(failure.message.find("missing") != std::string::npos);
  caf::anon_send_exit(dispatch, caf::exit_reason::kill);
  caf::anon_send_exit(pool, caf::exit_reason::kill);
  caf::anon_send_exit(runs, caf::exit_reason::kill);
  tools->commands->close();
  tools->pool->close();
  tools->runs = nullptr;
}

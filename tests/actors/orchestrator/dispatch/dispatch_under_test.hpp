#pragma once

#include "actors/orchestrator/dispatch/dispatch.hpp"
#include "actors/orchestrator/dispatch/workers.hpp"
#include "runtime/supervisor/door.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/orchestrator/dispatch/fake_region.hpp"
#include "tests/support/deterministic.hpp"

#include <caf/send.hpp>

#include <catch2/catch.hpp>

namespace machine::test {

using namespace orchestrator;

/// An attempt at a command of the step *step*.
inline attempt_order command_order(const std::string& step, uint64_t token) {
  attempt_order order;
  order.activation = order.step = step;
  order.token = token;
  order.directory = "/nowhere";
  order.request.text = wire::to_json(step_action{command_step{{"true"}, {}}});
  return order;
}

/// Dispatch and a pool of workers, before a run that says what the test wants.
struct dispatch_under_test : deterministic {
  fake_region<orchestrator::run> runs;
  std::shared_ptr<workshop> tools = std::make_shared<workshop>();
  dispatch_actor door = supervision::make_door<dispatch_actor>(system);
  dispatch_actor dispatch;
  workers_actor pool;
  const entity::key id{"t", "r-1"};

  dispatch_under_test() {
    tools->runs = runs.spawn(system);
    tools->capacity = 2;
    // Takes nothing, so that no other thread comes in.
    tools->pool = std::make_shared<blocking_pool>(1, 0);
    tools->commands = std::make_shared<blocking_pool>(1, 0);
    // Workers stay at their first effect.
    hold<intend_effect>();
  }

  ~dispatch_under_test() override {
    caf::anon_send_exit(dispatch, caf::exit_reason::kill);
    caf::anon_send_exit(pool, caf::exit_reason::kill);
    caf::anon_send_exit(tools->runs, caf::exit_reason::kill);
    supervision::door_of(door).close();
    door = dispatch = nullptr;
    pool = nullptr;
    runs.forget();
    run();
    tools->runs = nullptr;
    run();
  }

  template <class T>
  void hold() {
    runs.hold = [](const run_command& x) {
      return std::holds_alternative<T>(x);
    };
  }

  /// Has questions of the kind *T* refused.
  template <class T>
  void refuse(ec code) {
    runs.refuse = [code](const run_command& x) {
      return std::holds_alternative<T>(x) ? make_error(code, "so it is")
                                          : caf::error{};
    };
  }

  /// Starts dispatch, and the workers if there are none.
  void boot() {
    dispatching::settings rules;
    rules.expected = {"local"};
    dispatch = system.spawn(orchestrator::dispatch, tools->runs, rules);
    supervision::door_of(door).lead_to(
      caf::actor_cast<caf::strong_actor_ptr>(dispatch));
    if (pool)
      caf::anon_send(pool, atom::repeat_v);
    else
      pool = system.spawn(workers, std::shared_ptr<const workshop>{tools}, door,
                          pool_settings{"local", {}});
    run();
  }

  void start(attempt_order order) {
    if (!dispatch)
      boot();
    caf::anon_send(dispatch, atom::start_v, id, std::move(order));
    run();
  }

  void stop(const std::string& activation, uint64_t token) {
    caf::anon_send(dispatch, atom::stop_v, id, activation, token);
    run();
  }

  void probe(const std::string& activation, uint64_t token) {
    caf::anon_send(dispatch, atom::probe_v, id, activation, token);
    run();
  }

  /// Has the worker die that asked question *index*.
  void kill(size_t index) {
    self->send_exit(runs.asker(index), make_error(ec::internal, "boom"));
  }
};

} // namespace machine::test

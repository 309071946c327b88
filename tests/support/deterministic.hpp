#pragma once

#include "runtime/error.hpp"
#include "runtime/messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <memory>
#include <optional>

namespace machine::test {

struct deterministic_config : caf::actor_system_config {
  deterministic_config() {
    add_message_types<caf::id_block::machine_runtime>();
    add_error_category(caf::atom("machine"), render_ec);
    config_file_path = "";
    set("scheduler.policy", caf::atom("testing"));
  }
};

/// What somebody asked; null until it is answered.
template <class T>
using pending = std::shared_ptr<std::optional<caf::expected<T>>>;

/// Runs actors on the thread of the test: no message moves and no clock ticks
/// unless the test says so. *Config* names the types that are sent.
template <class Config = deterministic_config>
struct deterministic_with {
  Config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system, true};
  caf::scheduler::test_coordinator& scheduler =
    dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());

  virtual ~deterministic_with() = default;

  /// Lets everything happen that can happen now.
  virtual void run() {
    scheduler.run();
  }

  /// Lets virtual time pass.
  void advance(caf::timespan x) {
    scheduler.advance_time(x);
    run();
  }

  /// Virtual time.
  timestamp now() {
    return timestamp{std::chrono::duration_cast<std::chrono::microseconds>(
      scheduler.clock().now().time_since_epoch())};
  }

  /// Sends a request; its answer comes while something runs.
  template <class T, class Handle, class... Ts>
  pending<T> begin(const Handle& to, Ts... xs) {
    auto slot = std::make_shared<std::optional<caf::expected<T>>>();
    // Hidden: the system does not wait for who never gets an answer.
    system.template spawn<caf::hidden>([=](caf::event_based_actor* asker) {
      asker->request(to, caf::infinite, xs...)
        .then([slot](T& x) { slot->emplace(std::move(x)); },
              [slot](caf::error& why) { slot->emplace(std::move(why)); });
    });
    return slot;
  }

  /// Sends a request, lets everything happen, and returns the answer; `timeout`
  /// if there is none.
  template <class T, class Handle, class... Ts>
  caf::expected<T> ask(const Handle& to, Ts&&... xs) {
    auto slot = begin<T>(to, std::decay_t<Ts>(std::forward<Ts>(xs))...);
    run();
    if (!*slot)
      return make_error(ec::timeout, "nobody answers");
    return std::move(**slot);
  }
};

using deterministic = deterministic_with<>;

} // namespace machine::test

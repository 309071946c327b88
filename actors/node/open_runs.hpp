#pragma once

#include "actors/orchestrator/dispatch/interfaces.hpp"
#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "runtime/entity/shards.hpp"
#include "runtime/pool.hpp"
#include "runtime/store/store.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <functional>
#include <memory>
#include <string>

namespace machine {

/// Calls *activate* for every entity of *kind* that has something to do.
/// Blocks, also until what the entities of another region of *shards* wrote
/// last is in the store.
caf::error
for_each_open(store::engine& engine, entity::shard_table& shards,
              const char* kind,
              const std::function<void(const entity::key&)>& activate);

/// Has every entity of *E* that has something to do loaded, so that it goes on
/// by itself. Blocks as `for_each_open`.
template <class E>
caf::error load_open(store::engine& engine, entity::shard_table& shards,
                     const entity::region_actor<E>& to) {
  return for_each_open(engine, shards, E::kind, [&](const entity::key& id) {
    caf::anon_send(to, atom::activate_v, id);
  });
}

/// The same from a thread of *threads*, again and again until it works.
/// @param failed Hears each time why it did not.
template <class E>
void load_open_at_last(caf::event_based_actor* self,
                       std::shared_ptr<store::engine> engine,
                       std::shared_ptr<entity::shard_table> shards,
                       std::shared_ptr<blocking_pool> threads,
                       entity::region_actor<E> to,
                       std::function<void(const caf::error&)> failed) {
  // Before it is tried again.
  constexpr std::chrono::seconds pause{1};
  self->become(
    [=](atom::activate) {
      auto problem = threads->post([=, me = caf::actor{self}] {
        auto outcome = make_error(ec::internal, "they cannot be listed");
        try {
          outcome = load_open<E>(*engine, *shards, to);
        } catch (...) {
          // There may be memory for it in a second.
        }
        caf::anon_send(me, atom::ready_v, outcome);
      });
      if (problem)
        self->send(self, atom::ready_v, problem);
    },
    [=](atom::ready, const caf::error& why) {
      if (why)
        failed(why);
      // Nobody loads anything any more when the machine is stopping.
      if (why && code_of(why) != ec::unavailable)
        self->delayed_send(self, pause, atom::activate_v);
      else
        self->quit();
    });
  self->send(self, atom::activate_v);
}

} // namespace machine

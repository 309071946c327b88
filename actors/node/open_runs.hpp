#pragma once

#include "actors/orchestrator/dispatch/interfaces.hpp"
#include "runtime/entity/shards.hpp"
#include "runtime/pool.hpp"
#include "runtime/store/store.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace machine {

/// Has every run that has not ended loaded, so that it goes on by itself.
/// Blocks, also until what the entities of another region of *shards* wrote
/// last is in the store.
caf::error load_open_runs(store::engine& engine, entity::shard_table& shards,
                          const orchestrator::run_region& to);

/// The same from a thread of *threads*, again and again until it works.
/// @param failed Hears each time why it did not.
void load_open_runs_at_last(caf::event_based_actor* self,
                            std::shared_ptr<store::engine> engine,
                            std::shared_ptr<entity::shard_table> shards,
                            std::shared_ptr<blocking_pool> threads,
                            orchestrator::run_region to,
                            std::function<void(const caf::error&)> failed);

} // namespace machine

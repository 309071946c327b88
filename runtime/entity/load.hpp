#pragma once

#include "runtime/entity/entity.hpp"
#include "runtime/entity/shards.hpp"
#include "runtime/wire/wire.hpp"

#include <utility>

namespace machine::entity {

/// The log of which *E* and *id* is the subject.
template <class E>
store::stream_id stream_of(const key& id) {
  return {E::kind, id.tenant, id.id};
}

/// An entity as its log tells it.
template <class E>
struct loaded_entity {
  typename E::state state;
  /// The number of the last event in the log.
  uint64_t last_seq = 0;
  /// The last event that a snapshot contains.
  uint64_t snapshot_seq = 0;
  uint32_t shard = 0;
  uint64_t epoch = 0;
};

/// Applies one payload of a log to *state*.
template <class E>
caf::error apply_payload(typename E::state& state, bytes_view payload) {
  auto event = wire::from_msgpack<recorded<typename E::event>>(payload);
  if (!event)
    return make_error(ec::corrupt, message_of(event.error()));
  E::apply(state, event->event, event->at);
  return caf::none;
}

/// Events are read in pages of about so many bytes.
constexpr size_t page_bytes = 8u << 20;

/// Bounds on the state that is read from a snapshot.
constexpr wire::limits snapshot_limits{.max_bytes = 256u << 20,
                                       .max_items = 50'000'000};

/// Whether *stream* has just *payloads* from the number *first_seq* on. Tells
/// an append that failed from one that was only said to. Blocks.
caf::expected<bool> holds(store::engine& engine, const store::stream_id& stream,
                          uint64_t first_seq,
                          const std::vector<bytes>& payloads);

/// *from* with what has come in the log of *id* since. Blocks.
template <class E>
caf::expected<loaded_entity<E>> catch_up(store::engine& engine, const key& id,
                                         loaded_entity<E> from) {
  auto stream = stream_of<E>(id);
  for (;;) {
    auto events = engine.read(stream, from.last_seq + 1, 4096, page_bytes);
    if (!events)
      return std::move(events.error());
    if (events->empty())
      return from;
    for (auto& event : *events) {
      if (event.seq != from.last_seq + 1)
        return make_error(ec::corrupt, to_string(stream) + " jumps from event "
                                         + std::to_string(from.last_seq)
                                         + " to " + std::to_string(event.seq));
      if (auto err = apply_payload<E>(from.state, event.payload))
        return with_context(
          to_string(stream) + " event " + std::to_string(event.seq), err);
      from.last_seq = event.seq;
    }
  }
}

/// Replays the log of *id* from its newest snapshot. Blocks.
/// @returns what the store returns, or `corrupt` naming the event.
template <class E>
caf::expected<loaded_entity<E>> replay(store::engine& engine, const key& id) {
  auto stream = stream_of<E>(id);
  loaded_entity<E> result;
  auto snapshot = engine.read_snapshot(stream);
  if (!snapshot)
    return std::move(snapshot.error());
  if (auto& image = *snapshot; image && image->schema == E::snapshot_schema) {
    // A snapshot that does not read is no loss: the log has everything.
    auto state =
      wire::from_msgpack<typename E::state>(image->state, snapshot_limits);
    if (state) {
      result.state = std::move(*state);
      result.last_seq = result.snapshot_seq = image->seq;
    }
  }
  return catch_up(engine, id, std::move(result));
}

/// Replays the log of *id* and claims its shard. Blocks.
template <class E>
caf::expected<loaded_entity<E>> load(store::engine& engine, shard_table& shards,
                                     const key& id) {
  auto shard = shard_of(stream_of<E>(id), shards.count());
  auto epoch = shards.epoch(shard);
  if (!epoch)
    return std::move(epoch.error());
  auto result = replay<E>(engine, id);
  if (result) {
    result->shard = shard;
    result->epoch = *epoch;
  }
  return result;
}

} // namespace machine::entity

#pragma once

#include "runtime/entity/entity.hpp"
#include "runtime/wire/wire.hpp"

#include <utility>

namespace machine::entity {

/// A decision in the making. The core reads the state through it and changes it
/// by events alone; each is part of the state from the moment it is emitted, so
/// that whatever is decided next sees it. Nothing is copied for that: if the
/// decision cannot be kept, the entity is loaded again.
template <class E>
class draft {
public:
  draft(typename E::state& state, const context& ctx)
      : state_(state), ctx_(ctx) {}

  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  const typename E::state& now() const {
    return state_;
  }

  const context& ctx() const {
    return ctx_;
  }

  void emit(typename E::event what) {
    recorded<typename E::event> record{ctx_.now, std::move(what), changed_};
    changed_ = true;
    payloads_.push_back(wire::to_msgpack(record));
    bytes_ += payloads_.back().size();
    E::apply(state_, record.event, ctx_.now);
    for (auto& effect : E::react(state_, record.event, ctx_.key))
      effects_.push_back(std::move(effect));
    events_.push_back(std::move(record.event));
  }

  /// Stores *content* with the events, which refer to it by its hash.
  void keep(bytes content) {
    blobs_.push_back(std::move(content));
  }

  /// Whether the state is no longer what it was.
  bool changed() const {
    return changed_;
  }

  /// Of the events, as they are stored.
  size_t size() const {
    return bytes_;
  }

  const std::vector<typename E::event>& events() const {
    return events_;
  }

  std::vector<typename E::event> take_events() {
    return std::move(events_);
  }

  std::vector<bytes> take_payloads() {
    return std::move(payloads_);
  }

  std::vector<bytes> take_blobs() {
    return std::move(blobs_);
  }

  std::vector<typename E::effect> take_effects() {
    return std::move(effects_);
  }

private:
  typename E::state& state_;
  const context& ctx_;
  std::vector<typename E::event> events_;
  std::vector<bytes> payloads_;
  std::vector<bytes> blobs_;
  std::vector<typename E::effect> effects_;
  size_t bytes_ = 0;
  bool changed_ = false;
};

} // namespace machine::entity

#pragma once

#include "runtime/error.hpp"
#include "runtime/store/store.hpp"
#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::entity {

/// Names one entity of a kind that the context tells.
struct key {
  std::string tenant;
  std::string id;

  static constexpr const char* wire_name = "entity_key";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &key::tenant},
                         wire::field{"id", &key::id});
  }

  auto operator<=>(const key&) const = default;
};

/// What a core may know of the world when it decides.
struct context {
  entity::key key;
  timestamp now{};
  /// 64 random bits, fresh for each command.
  uint64_t random = 0;
  /// Nobody else needs the thread: no reason to throw `takes_long`.
  bool may_take_long = true;
};

template <class E>
class draft;

/// An event with the time at which it was decided; the payload of a log.
template <class Event>
struct recorded {
  timestamp at{};
  Event event;
  /// It was decided together with the event before it.
  bool together = false;

  static constexpr const char* wire_name = "recorded";

  static constexpr auto fields() {
    return wire::members(wire::field{"at", &recorded::at},
                         wire::field{"event", &recorded::event},
                         wire::later{"together", &recorded::together});
  }

  bool operator==(const recorded&) const = default;
};

/// The answer to a command, after its commit: the events that it caused, and
/// the number of the last event in the log.
template <class E>
struct outcome {
  uint64_t last_seq = 0;
  std::vector<typename E::event> events;

  static constexpr const char* wire_name = "outcome";

  static constexpr auto fields() {
    return wire::members(wire::field{"last_seq", &outcome::last_seq},
                         wire::field{"events", &outcome::events});
  }
};

/// The core of a durable actor: pure functions, without clock, randomness or
/// I/O of their own. State, commands and events are described types.
///
/// * `decide` says what a command causes, or why it is refused; then it has
///   emitted nothing. No events and no error: there was nothing to do. It may
///   throw `takes_long`, whatever it has emitted.
/// * `apply` makes an event part of the state: total, the same for every
///   reader, today and in ten years.
/// * `react` says what to do to the outside once an event is durable; the state
///   already contains the event.
/// * `outstanding` says what to do to the outside after the entity was loaded,
///   because nobody knows whether it was done before. What comes of it comes
///   back as commands: an entity that was loaded is no other than it was.
/// * `wake_at` is when the entity wants the command `on_wake`.
/// * `idle` tells whether the entity may be forgotten until somebody asks.
/// * `summarise` makes the row that lists show.
template <class E>
concept core = std::default_initializable<typename E::state> && requires(
  const typename E::state& state, typename E::state& changing, draft<E>& plan,
  const typename E::command& command, const typename E::event& event,
  const context& ctx) {
  { E::kind } -> std::convertible_to<const char*>;
  { E::snapshot_schema } -> std::convertible_to<const char*>;
  { E::decide(plan, command) } -> std::same_as<caf::error>;
  { E::apply(changing, event, ctx.now) } -> std::same_as<void>;
  {
    E::react(state, event, ctx.key)
    } -> std::same_as<std::vector<typename E::effect>>;
  {
    E::outstanding(state, ctx.key)
    } -> std::same_as<std::vector<typename E::effect>>;
  { E::on_wake() } -> std::same_as<std::optional<typename E::command>>;
  { E::wake_at(state) } -> std::same_as<std::optional<timestamp>>;
  { E::idle(state) } -> std::same_as<bool>;
  { E::summarise(state, ctx.key) } -> std::same_as<store::summary_row>;
};

/// What most cores have in common: their entities do nothing to the outside,
/// are never woken, and may be forgotten until somebody asks. A core derives
/// from it and declares anew what is different.
template <class State, class Command, class Event>
struct passive {
  using state = State;
  using command = Command;
  using event = Event;
  using effect = std::monostate;

  static std::vector<effect> react(const state&, const event&, const key&) {
    return {};
  }

  static std::vector<effect> outstanding(const state&, const key&) {
    return {};
  }

  static std::optional<command> on_wake() {
    return std::nullopt;
  }

  static std::optional<timestamp> wake_at(const state&) {
    return std::nullopt;
  }

  static bool idle(const state&) {
    return true;
  }
};

/// A core whose entities may go for good. `may_erase` is the reason why one
/// must not be erased as it is now.
template <class E>
concept erasable = requires(const typename E::state& state, const key& id) {
  { E::may_erase(state, id) } -> std::same_as<caf::error>;
};

/// A core that knows beforehand whether decisions may take long, so that nobody
/// begins with one in vain.
template <class E>
concept foresighted = requires(const typename E::state& state) {
  { E::may_take_long(state) } -> std::same_as<bool>;
};

/// Why the entity *id* must not be erased; `denied` if none of its kind may be.
template <class E>
caf::error check_erasable(const typename E::state& state, const key& id) {
  if constexpr (erasable<E>)
    return E::may_erase(state, id);
  else
    return make_error(ec::denied, std::string{E::kind} + " " + id.id
                                    + " is of a kind that is never erased");
}

/// That nothing was ever committed for the entity *id*.
template <class E>
caf::error does_not_exist(const key& id) {
  return make_error(ec::not_found,
                    std::string{"there is no "} + E::kind + " " + id.id);
}

} // namespace machine::entity

#pragma once

#include "runtime/entity/region.hpp"
#include "tests/runtime/entity/counter_messages.hpp"

/// An entity that counts, and misbehaves on demand.
namespace machine::test {

struct counter_state {
  int64_t total = 0;
  uint64_t events = 0;
  uint64_t rang_times = 0;
  uint64_t row_size = 0;
  bool open = false;
  std::string pad;
  std::optional<timestamp> alarm;
  timestamp last_at{};

  static constexpr const char* wire_name = "counter_state";

  static constexpr auto fields() {
    return wire::members(wire::field{"total", &counter_state::total},
                         wire::field{"events", &counter_state::events},
                         wire::field{"rang_times", &counter_state::rang_times},
                         wire::field{"row_size", &counter_state::row_size},
                         wire::field{"open", &counter_state::open},
                         wire::field{"pad", &counter_state::pad},
                         wire::field{"alarm", &counter_state::alarm},
                         wire::field{"last_at", &counter_state::last_at});
  }

  bool operator==(const counter_state&) const = default;
};

struct counter {
  static constexpr const char* kind = "counter";
  static constexpr const char* snapshot_schema = "counter.1";

  using state = counter_state;
  using command = counter_command;
  using event = counter_event;
  using effect = std::string;

  /// An alarm that rings without an event, for ever.
  static inline bool deaf = false;
  /// It is known beforehand that decisions take long.
  static inline bool slow = false;
  /// Commands that were decided.
  static inline uint64_t decisions = 0;

  static caf::error decide(entity::draft<counter>& to, const command& what);

  static bool may_take_long(const state&) {
    return slow;
  }

  static void apply(state& now, const event& what, timestamp at);

  static std::vector<effect> react(const state&, const event& what,
                                   const entity::key&);

  static std::vector<effect> outstanding(const state& now, const entity::key&) {
    if (!now.open)
      return {};
    return {"outstanding"};
  }

  static std::vector<entity::announcement>
  announce(const state& now, const std::vector<event>&,
           const entity::context& ctx) {
    return {{"counters",
             {ctx.now, "counter.changed", "", "counter/" + ctx.key.id,
              json_text{std::to_string(now.total)}}}};
  }

  static std::vector<entity::announcement>
  announce_end(const state&, const entity::context& ctx) {
    return {{"counters",
             {ctx.now, "counter.erased", "", "counter/" + ctx.key.id, {}}}};
  }

  static std::optional<command> on_wake() {
    return ring{};
  }

  static std::optional<timestamp> wake_at(const state& now) {
    return now.alarm;
  }

  static bool idle(const state& now) {
    return !now.alarm;
  }

  static caf::error may_erase(const state& now, const entity::key&) {
    return now.open ? make_error(ec::conflict, "it is open") : caf::error{};
  }

  static store::summary_row summarise(const state& now, const entity::key&) {
    return {{{"total", std::to_string(now.total)}}, bytes(now.row_size, 'r')};
  }
};

} // namespace machine::test

CAF_BEGIN_TYPE_ID_BLOCK(entity_test,
                        caf::id_block::machine_runtime_last_type_id + 1)
CAF_ADD_TYPE_ID(entity_test, (machine::test::counter_command))
CAF_ADD_TYPE_ID(entity_test, (machine::test::counter_state))
CAF_ADD_TYPE_ID(entity_test, (machine::entity::outcome<machine::test::counter>))
CAF_END_TYPE_ID_BLOCK(entity_test)

// Compiled once, in counter.cpp.
extern template struct machine::wire::codec<machine::test::counter_event>;
extern template struct machine::wire::codec<machine::test::counter_state>;
extern template struct machine::wire::message_codec<
  machine::test::counter_command>;
extern template struct machine::wire::message_codec<
  machine::test::counter_state>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::test::counter>>;

namespace machine::entity {

extern template region_actor<test::counter>::behavior_type
  region<test::counter>(
    region_actor<test::counter>::stateful_pointer<region_state<test::counter>>,
    services<test::counter>);

extern template caf::expected<loaded_entity<test::counter>>
replay<test::counter>(store::engine&, const key&);

} // namespace machine::entity

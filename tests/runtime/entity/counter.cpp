#include "tests/runtime/entity/counter.hpp"

#include "runtime/entity/draft.hpp"
#include "runtime/entity/takes_long.hpp"
#include "runtime/wire/caf.hpp"

#include <limits>
#include <stdexcept>

namespace machine::test {

caf::error counter::decide(entity::draft<counter>& to, const command& what) {
  ++decisions;
  if (auto* x = std::get_if<add>(&what)) {
    to.emit(added{x->amount});
  } else if (auto* x = std::get_if<note>(&what)) {
    to.emit(added{1});
    to.emit(noted{x->text});
  } else if (auto* x = std::get_if<attach>(&what)) {
    to.emit(noted{"attached"});
    to.keep(bytes(x->blob_size, 'b'));
  } else if (auto* x = std::get_if<grow>(&what)) {
    to.emit(grown{x->size});
  } else if (auto* x = std::get_if<set_alarm>(&what)) {
    to.emit(alarm_set{x->at});
  } else if (std::holds_alternative<ring>(what)) {
    auto& now = to.now();
    if (!deaf && now.alarm && *now.alarm <= to.ctx().now)
      to.emit(alarm_rang{now.rang_times + 1});
  } else if (std::holds_alternative<open_up>(what)) {
    to.emit(opened{});
  } else if (std::holds_alternative<throw_up>(what)) {
    throw std::runtime_error{"a defect"};
  } else if (std::holds_alternative<spoil>(what)) {
    to.emit(added{1});
    to.emit(poisoned{});
  } else if (std::holds_alternative<poison>(what)) {
    // There is no row so wide.
    to.emit(row_widened{std::numeric_limits<uint64_t>::max()});
  } else if (auto* x = std::get_if<widen_row>(&what)) {
    to.emit(row_widened{x->size});
  } else if (auto* x = std::get_if<ponder>(&what)) {
    to.emit(added{1});
    if (!to.ctx().may_take_long || x->amount < 0)
      throw entity::takes_long{};
    to.emit(added{x->amount});
  } else {
    return make_error(ec::denied, "not this");
  }
  return caf::none;
}

void counter::apply(state& now, const event& what, timestamp at) {
  ++now.events;
  now.last_at = at;
  if (auto* x = std::get_if<added>(&what)) {
    now.total += x->amount;
  } else if (auto* x = std::get_if<grown>(&what)) {
    now.pad.append(x->size, 'p');
  } else if (auto* x = std::get_if<alarm_set>(&what)) {
    now.alarm = x->at;
  } else if (auto* x = std::get_if<alarm_rang>(&what)) {
    now.alarm.reset();
    now.rang_times = x->times;
  } else if (std::holds_alternative<opened>(what)) {
    now.open = true;
  } else if (std::holds_alternative<poisoned>(what)) {
    throw std::runtime_error{"a defect"};
  } else if (auto* x = std::get_if<row_widened>(&what)) {
    now.row_size = x->size;
  }
}

std::vector<counter::effect> counter::react(const state&, const event& what,
                                            const entity::key&) {
  if (auto* x = std::get_if<added>(&what))
    return {"added " + std::to_string(x->amount)};
  return {};
}

} // namespace machine::test

template struct machine::wire::codec<machine::test::counter_event>;
template struct machine::wire::codec<machine::test::counter_state>;
template struct machine::wire::message_codec<machine::test::counter_command>;
template struct machine::wire::message_codec<machine::test::counter_state>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::test::counter>>;

namespace machine::entity {

template region_actor<test::counter>::behavior_type region<test::counter>(
  region_actor<test::counter>::stateful_pointer<region_state<test::counter>>,
  services<test::counter>);

template caf::expected<loaded_entity<test::counter>>
replay<test::counter>(store::engine&, const key&);

} // namespace machine::entity

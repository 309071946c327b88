#include "actors/nodes/node_log.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::nodes::node_command>;
template struct machine::wire::message_codec<machine::nodes::node_command>;
template struct machine::wire::codec<machine::nodes::node_state>;
template struct machine::wire::message_codec<machine::nodes::node_state>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::nodes::node_log>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::nodes::node_log>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::nodes::node_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::nodes::node_event>>;

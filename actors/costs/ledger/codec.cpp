#include "actors/costs/ledger/ledger.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::costs::ledger_event>;
template struct machine::wire::message_codec<machine::costs::ledger_event>;
template struct machine::wire::codec<machine::costs::ledger_command>;
template struct machine::wire::message_codec<machine::costs::ledger_command>;
template struct machine::wire::codec<machine::costs::ledger_state>;
template struct machine::wire::message_codec<machine::costs::ledger_state>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::costs::ledger>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::costs::ledger>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::costs::ledger_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::costs::ledger_event>>;

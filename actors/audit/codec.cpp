#include "actors/audit/audit_log.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::audit::audit_command>;
template struct machine::wire::message_codec<machine::audit::audit_command>;
template struct machine::wire::codec<machine::audit::audit_event>;
template struct machine::wire::message_codec<machine::audit::audit_event>;
template struct machine::wire::codec<machine::audit::audit_state>;
template struct machine::wire::message_codec<machine::audit::audit_state>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::audit::audit_log>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::audit::audit_log>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::audit::audit_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::audit::audit_event>>;

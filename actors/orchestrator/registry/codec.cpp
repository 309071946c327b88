#include "actors/orchestrator/registry/registered_workflow.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::orchestrator::registry_command>;
template struct machine::wire::message_codec<
  machine::orchestrator::registry_command>;
template struct machine::wire::codec<machine::orchestrator::registered_state>;
template struct machine::wire::message_codec<
  machine::orchestrator::registered_state>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::orchestrator::registered_workflow>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::orchestrator::registered_workflow>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::orchestrator::registry_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::orchestrator::registry_event>>;

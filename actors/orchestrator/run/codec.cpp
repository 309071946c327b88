#include "actors/orchestrator/run/run.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::orchestrator::run_event>;
template struct machine::wire::message_codec<machine::orchestrator::run_event>;
template struct machine::wire::codec<machine::orchestrator::run_command>;
template struct machine::wire::message_codec<
  machine::orchestrator::run_command>;
template struct machine::wire::codec<machine::orchestrator::run_state>;
template struct machine::wire::message_codec<machine::orchestrator::run_state>;
template struct machine::wire::codec<machine::orchestrator::attempt_order>;
template struct machine::wire::message_codec<
  machine::orchestrator::attempt_order>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::orchestrator::run>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::orchestrator::run>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::orchestrator::run_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::orchestrator::run_event>>;

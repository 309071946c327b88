#include "actors/orchestrator/scheduler/run_schedule.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::orchestrator::schedule_event>;
template struct machine::wire::message_codec<
  machine::orchestrator::schedule_event>;
template struct machine::wire::codec<machine::orchestrator::schedule_command>;
template struct machine::wire::message_codec<
  machine::orchestrator::schedule_command>;
template struct machine::wire::codec<machine::orchestrator::run_schedule_state>;
template struct machine::wire::message_codec<
  machine::orchestrator::run_schedule_state>;
template struct machine::wire::codec<machine::orchestrator::start_firing>;
template struct machine::wire::message_codec<
  machine::orchestrator::start_firing>;
template struct machine::wire::codec<machine::orchestrator::stop_firing>;
template struct machine::wire::message_codec<
  machine::orchestrator::stop_firing>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::orchestrator::run_schedule>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::orchestrator::run_schedule>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::orchestrator::schedule_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::orchestrator::schedule_event>>;

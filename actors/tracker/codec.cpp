#include "actors/tracker/project.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::tracker::project_event>;
template struct machine::wire::message_codec<machine::tracker::project_event>;
template struct machine::wire::codec<machine::tracker::project_command>;
template struct machine::wire::message_codec<machine::tracker::project_command>;
template struct machine::wire::codec<machine::tracker::project_state>;
template struct machine::wire::message_codec<machine::tracker::project_state>;
template struct machine::wire::codec<machine::tracker::admit_run>;
template struct machine::wire::message_codec<machine::tracker::admit_run>;
template struct machine::wire::codec<machine::tracker::refuse_run>;
template struct machine::wire::message_codec<machine::tracker::refuse_run>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::tracker::project>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::tracker::project>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::tracker::project_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::tracker::project_event>>;

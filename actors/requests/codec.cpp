#include "actors/requests/kept_answer.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::requests::kept_command>;
template struct machine::wire::message_codec<machine::requests::kept_command>;
template struct machine::wire::codec<machine::requests::kept_event>;
template struct machine::wire::message_codec<machine::requests::kept_event>;
template struct machine::wire::codec<machine::requests::kept_state>;
template struct machine::wire::message_codec<machine::requests::kept_state>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::requests::kept_answer>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::requests::kept_answer>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::requests::kept_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::requests::kept_event>>;

#include "actors/models/routing/breaker.hpp"
#include "actors/models/routing/learner.hpp"
#include "actors/models/routing/policy.hpp"
#include "actors/models/routing/replay.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::models::routing_policy>;
template struct machine::wire::message_codec<machine::models::routing_policy>;
template struct machine::wire::codec<machine::models::learner>;
template struct machine::wire::message_codec<machine::models::learner>;
template struct machine::wire::codec<machine::models::observation>;
template struct machine::wire::message_codec<machine::models::observation>;
template struct machine::wire::codec<machine::models::breaker_signal>;
template struct machine::wire::message_codec<machine::models::breaker_signal>;
template struct machine::wire::codec<machine::models::routed_call>;
template struct machine::wire::message_codec<machine::models::routed_call>;
template struct machine::wire::codec<machine::models::replay_report>;
template struct machine::wire::message_codec<machine::models::replay_report>;

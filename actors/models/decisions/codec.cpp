#include "actors/models/decisions/record.hpp"
#include "runtime/wire/caf.hpp"
#include "runtime/wire/wire.hpp"

template struct machine::wire::codec<machine::models::decision_record>;
template struct machine::wire::message_codec<machine::models::decision_record>;

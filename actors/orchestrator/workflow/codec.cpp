#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::orchestrator::workflow>;
template struct machine::wire::message_codec<machine::orchestrator::workflow>;

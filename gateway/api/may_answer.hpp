#pragma once

#include "actors/orchestrator/run/parts.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/error.hpp"

namespace machine::gateway {

/// Why *who* may not answer *what*, a question of a run in *project*: `denied`.
/// One that names somebody is for them, and for administrators; one that names
/// a role is for who has it there. All others need a developer, as whatever
/// else has a run go on.
caf::error may_answer(const principal& who, const std::string& project,
                      const orchestrator::interrupt& what);

} // namespace machine::gateway

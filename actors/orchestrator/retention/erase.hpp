#pragma once

#include "runtime/entity/entity.hpp"

namespace machine::orchestrator {

/// To be called before the run *id* is erased: says why it must not be, or
/// removes what it may have left beside its log, which is a worktree that could
/// not be removed at its end. `not_found`, what `check_over` says, or
/// `conflict` if another run reads its history. Blocks.
caf::error prepare_to_erase(store::engine& engine, const entity::key& id);

} // namespace machine::orchestrator

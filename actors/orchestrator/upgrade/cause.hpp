#pragma once

#include "actors/orchestrator/run/commands.hpp"
#include "actors/orchestrator/run/state.hpp"
#include "runtime/store/store.hpp"

#include <functional>
#include <optional>
#include <span>

namespace machine::orchestrator {

/// Reads what an event refers to. Blocks.
using blob_reader =
  std::function<caf::expected<bytes>(const store::blob_hash&)>;

/// The command that caused *events*, which were decided together in the state
/// *before*, as far as they tell.
///
/// A log has what was decided, and not what was asked; but all that a decision
/// depends on stands in its events, or in the blobs that they name. None: a
/// value that was refused, or a message that was too long to be kept whole, is
/// not in the log. Fails as *blobs* does.
caf::expected<std::optional<run_command>>
cause_of(const run_state& before, std::span<const run_event> events,
         const blob_reader& blobs);

} // namespace machine::orchestrator

#pragma once

#include "actors/orchestrator/dispatch/interfaces.hpp"

#include <caf/actor_addr.hpp>

#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace machine::orchestrator {

/// Names what one worker at a time is at.
struct activation_key {
  entity::key run;
  std::string activation;

  auto operator<=>(const activation_key&) const = default;
};

/// Held by a worker and by what it has other threads do. Once the last holder
/// is gone, nothing of the attempt lives in this process.
using presence = std::shared_ptr<void>;

/// Whose workers live on this node. It outlasts the dispatch that gave them
/// their work, so that none that is started again lets two of them into one
/// worktree. Safe to use from any thread.
class census {
public:
  /// From now on *who* hears of everybody who is gone, in a message
  /// `(gone, run, activation)`, and nobody else does.
  /// @returns who lives now; *who* will hear of these, too.
  std::vector<activation_key> attach(const dispatch_actor& who);

  /// Somebody begins to work at *at*, where nobody is.
  static presence enter(std::shared_ptr<census> all, activation_key at);

private:
  void leave(const activation_key& at);

  std::mutex mutex_;
  std::set<activation_key> present_;
  caf::actor_addr listener_;
};

} // namespace machine::orchestrator

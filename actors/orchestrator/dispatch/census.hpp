#pragma once

#include "actors/orchestrator/dispatch/activation_key.hpp"
#include "actors/orchestrator/dispatch/interfaces.hpp"

#include <caf/actor_addr.hpp>

#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace machine::orchestrator {

/// Held by a worker and by what it has other threads do. Once the last holder
/// is gone, nothing of the attempt lives in this process.
using presence = std::shared_ptr<void>;

/// Whose workers live on this node. It outlasts the pool that they belong to,
/// so that none that is started again lets two of them into one worktree. A
/// census has one pool at a time. Safe to use from any thread.
class census {
public:
  /// From now on *who* hears of everybody who is gone, in a message
  /// `(gone, run, activation)`, and nobody else does.
  /// @returns who lives now; *who* will hear of these, too.
  std::vector<activation_key> attach(const workers_actor& who);

  /// Somebody begins to work at *at*, where nobody is.
  static presence enter(std::shared_ptr<census> all, activation_key at);

private:
  void leave(const activation_key& at);

  std::mutex mutex_;
  std::set<activation_key> present_;
  caf::actor_addr listener_;
};

} // namespace machine::orchestrator

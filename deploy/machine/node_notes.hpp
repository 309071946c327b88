#pragma once

#include "actors/node/node.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace machine::deploy {

/// Writes down when a node starts and stops, and which of its actors fail; see
/// `actors/nodes`. What cannot be written down is missing, and nothing else.
class node_notes {
public:
  /// *of* has started. *of* must live until `end`.
  caf::error begin(node& of, const std::string& version);

  /// The actor *name* has failed. Any thread may call, also before `begin`.
  void note(const std::string& name, const caf::error& why);

  /// The node stops. Waits for a few seconds at most.
  void end();

private:
  std::atomic<node*> of_{nullptr};
};

} // namespace machine::deploy

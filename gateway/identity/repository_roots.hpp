#pragma once

#include "runtime/error.hpp"

#include <string>
#include <vector>

namespace machine::gateway {

/// Which git repositories of this computer runs of people with keys may work
/// with: agents read and write what is in them.
class repository_roots {
public:
  repository_roots() = default;

  /// @param roots Directories; `{tenant}` in one stands for who asks.
  explicit repository_roots(std::vector<std::string> roots)
      : roots_(std::move(roots)) {}

  /// `denied` unless *path* is in one of the directories, wherever links lead.
  /// Blocks.
  caf::error check(const std::string& tenant, const std::string& path) const;

private:
  std::vector<std::string> roots_;
};

} // namespace machine::gateway

#pragma once

#include "actors/models/routing/learner.hpp"
#include "runtime/error.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace machine::models {

/// A file that is longer is none of ours.
constexpr size_t max_learner_bytes = 64u << 20;

/// Where a desk keeps what it has learned: a line that names the format, the
/// BLAKE2b-256 of what follows, and a learner in MessagePack. Any thread may
/// use it; it outlives desks that fail.
class learner_file {
public:
  explicit learner_file(std::string path) : path_(std::move(path)) {}

  struct found {
    learner knows;
    /// Why there is nothing; a damaged file has another name by then.
    caf::error problem;
  };

  /// What was put here last, or what the file has; nothing without one. Blocks.
  found take();

  /// Has the next `write` write *x*.
  void put(learner x);

  /// Replaces the file as a whole, if there is something new. Blocks.
  caf::error write();

private:
  found read();

  const std::string path_;
  std::mutex mutex_;
  std::optional<learner> last_;
  bool is_written_ = true;
  /// One writes at a time.
  std::mutex writing_;
};

} // namespace machine::models

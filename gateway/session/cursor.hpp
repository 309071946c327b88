#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace machine::gateway::session {

/// A part of a batch of events.
struct slice {
  size_t begin = 0;
  size_t end = 0;

  size_t size() const {
    return end - begin;
  }

  bool operator==(const slice&) const = default;
};

/// What one subscription has of its log: which events are sent now, and when
/// those that are stored have to be read. Events of a log have the numbers 1,
/// 2, 3 and so on. Whatever is published, read and granted in whatever order,
/// what is sent has no gap, nothing twice, and no more than the credit.
class cursor {
public:
  /// @param after The number of the last event that the client has.
  /// @param credit How many events may be sent; none: any number.
  cursor(uint64_t after, std::optional<uint64_t> credit)
      : sent_(after), credit_(credit) {}

  /// The number of the last event that was sent.
  uint64_t sent() const {
    return sent_;
  }

  /// What is sent of *count* events that were just published; *first* is the
  /// number of the first one. All of it counts as sent.
  slice publish(uint64_t first, size_t count);

  /// Whether the next page should be read.
  bool wants_page() const {
    return behind_ && !reading_ && credit_ != uint64_t{0};
  }

  /// The page after `sent` is being read.
  /// @returns how many events it may have, of at most *most*.
  size_t begin_page(size_t most);

  /// A page with *count* events was read. They count as sent; an empty one says
  /// that nothing more is stored.
  void end_page(size_t count);

  /// So many more events may be sent. False if the credit has no bound.
  bool grant(uint64_t events);

  /// Whether nothing is missing: what is published next follows.
  bool is_live() const {
    return !behind_;
  }

private:
  uint64_t sent_;
  std::optional<uint64_t> credit_;
  /// There may be more in the log than was sent.
  bool behind_ = true;
  bool reading_ = false;
  /// Something was published since the page was asked for.
  bool again_ = false;
};

} // namespace machine::gateway::session

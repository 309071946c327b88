#pragma once

#include "runtime/store/store.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace machine::store {

/// Lets readers know without a look at the disk that a stream has not changed:
/// a number for each of some groups of streams, which is odd while a commit
/// that touches one of them is under way. One thread writes, any thread reads.
class versions {
public:
  using group = uint16_t;

  versions() : cells_(std::make_unique<cells>()) {}

  static group group_of(const stream_id& x);

  /// See `engine::version`.
  std::optional<uint64_t> of(const stream_id& x) const {
    auto now = (*cells_)[group_of(x)].load();
    return now % 2 == 0 ? std::optional{now} : std::nullopt;
  }

  /// A commit that is under way; it lives from before the store is written to
  /// until after that. One at a time.
  class change {
  public:
    /// *of* may name a group more than once.
    change(versions& in, std::vector<group> of);
    change(const change&) = delete;
    change& operator=(const change&) = delete;

    ~change() {
      count();
    }

  private:
    void count() {
      for (auto x : of_)
        ++(*in_.cells_)[x];
    }

    versions& in_;
    std::vector<group> of_;
  };

private:
  static constexpr size_t groups = 4'096;

  using cells = std::array<std::atomic<uint64_t>, groups>;

  std::unique_ptr<cells> cells_;
};

} // namespace machine::store

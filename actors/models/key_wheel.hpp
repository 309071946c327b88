#pragma once

#include "actors/models/rate_window.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace machine::models {

/// Whose turn it is among the keys of a provider: by their weights, without
/// those that have to wait, and without those that were refused lately. Pure;
/// the times must not go back.
class key_wheel {
public:
  /// A key that a call goes out with.
  struct turn {
    /// None: all have to wait.
    std::optional<size_t> key;
    rate_ticket ticket{};
    /// Without a key: how long until there is one.
    duration wait{0};
  };

  /// @param weights From 1; there is at least one key.
  explicit key_wheel(const std::vector<uint32_t>& weights,
                     rate_limits of_each = {});

  /// Takes the key whose turn it is for a call of *tokens*, without those in
  /// *tried*. Where all others have been refused, one of these is taken: only
  /// its provider can say whether it still is.
  turn take(uint64_t tokens, timestamp now, const std::set<size_t>& tried = {});

  /// The answer to a call with *key* has begun.
  void hear(size_t key, rate_ticket& call,
            const std::optional<rate_report>& said, timestamp now);

  /// The call has ended, having taken *tokens*; none: it is not known.
  void settle(size_t key, rate_ticket& call, std::optional<uint64_t> tokens,
              timestamp now);

  /// The provider took a call with *key*: it works.
  void accept(size_t key);

  /// The provider refused *key*: it is left alone, for longer each time.
  void refuse(size_t key, timestamp now);

  /// The provider has had enough of *key*. Without a time it is left alone for
  /// a while if there is another.
  void pause(size_t key, std::optional<duration> asked, timestamp now);

private:
  struct state {
    int64_t weight = 1;
    /// Of the smooth weighted round-robin: who waits, gains.
    int64_t current = 0;
    rate_window window;
    timestamp refused_until{};
    uint32_t refusals = 0;
    /// As the provider asked for, and as we think best.
    timestamp paused_until{};
    timestamp avoided_until{};
    uint32_t pauses = 0;
  };

  /// How long *x* has to wait, whatever the others do.
  static duration wait_of(const state& x, uint64_t tokens, timestamp now);

  turn choose(const std::vector<size_t>& among, uint64_t tokens, timestamp now);

  std::vector<state> keys_;
};

} // namespace machine::models

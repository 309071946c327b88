#pragma once

#include "runtime/types.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace machine::security {

/// Whose state it is.
enum class state_owner : uint8_t {
  /// The key's own.
  key,
  /// That of all for whom there was no room.
  overflow,
};

/// States by key, for any number of threads, in bounded memory. *State* begins
/// as `State{}` and becomes that again when it is left alone for a while; it is
/// then forgotten, for nobody can tell.
///
/// Keys come from outside, so there may be more than there is room for. One
/// that finds the table full of states that matter still shares a state with
/// all others like it: whoever has many keys gains no memory by them, and no
/// more than one key would give.
template <class State>
class state_table {
public:
  /// When a state is worth nothing again; a time in the past if it is.
  using expiry = std::function<timestamp(const State&)>;

  /// @param max_keys How many states are kept, 1 or more.
  /// @param longest The longest that a state is kept without being touched. One
  /// that claims more was left by a clock that has gone back since.
  state_table(size_t max_keys, std::chrono::microseconds longest,
              expiry expires)
      : max_in_shard_(std::max<size_t>(max_keys / shards_of(max_keys), 1)),
        longest_(longest), expires_(std::move(expires)),
        shard_count_(shards_of(max_keys)),
        shards_(std::make_unique<shard[]>(shard_count_)) {}

  /// What *fn* says, to which the state of *key* is given, and whose it is.
  /// Nobody else touches that state meanwhile; *fn* must not touch the table.
  /// Longer keys than `max_key_bytes` share the overflow.
  template <class Fn>
  auto with(std::string_view key, timestamp now, Fn&& fn) {
    if (key.size() > max_key_bytes)
      return with_overflow(fn);
    auto& in = shards_[std::hash<std::string_view>{}(key) % shard_count_];
    {
      std::lock_guard guard{in.mutex};
      auto i = in.entries.find(key);
      if (i != in.entries.end()) {
        auto result = fn(i->second.state, state_owner::key);
        update(in, i, now);
        return result;
      }
      if (has_room(in, now)) {
        State fresh{};
        auto result = fn(fresh, state_owner::key);
        if (expires_(fresh) > now)
          add(in, key, std::move(fresh));
        return result;
      }
    }
    return with_overflow(fn);
  }

  /// How many states are kept.
  size_t size() const {
    size_t result = 0;
    for (size_t i = 0; i < shard_count_; ++i) {
      std::lock_guard guard{shards_[i].mutex};
      result += shards_[i].entries.size();
    }
    return result;
  }

  static constexpr size_t max_key_bytes = 256;

private:
  /// Keys by when their states expire; they stand in the entries.
  using calendar = std::multimap<timestamp, std::string_view>;

  struct entry {
    explicit entry(State&& x) : state(std::move(x)) {}

    State state;
    typename calendar::iterator due;
  };

  struct shard {
    mutable std::mutex mutex;
    // A tree, so that keys which collide on purpose slow nothing down.
    std::map<std::string, entry, std::less<>> entries;
    calendar due;
  };

  using position = typename decltype(shard::entries)::iterator;

  static size_t shards_of(size_t max_keys) {
    return std::clamp<size_t>(max_keys, 1, 16);
  }

  template <class Fn>
  auto with_overflow(Fn& fn) {
    std::lock_guard guard{overflow_mutex_};
    return fn(overflow_, state_owner::overflow);
  }

  bool has_room(shard& in, timestamp now) {
    if (in.entries.size() < max_in_shard_)
      return true;
    // The first to expire and the last, which is the one to tell a clock that
    // has gone back.
    for (auto i : {in.due.begin(), std::prev(in.due.end())})
      if (i->first <= now || i->first > now + longest_) {
        in.entries.erase(in.entries.find(i->second));
        in.due.erase(i);
        return true;
      }
    return false;
  }

  void add(shard& in, std::string_view key, State&& what) {
    auto expires = expires_(what);
    auto i = in.entries.try_emplace(std::string{key}, std::move(what)).first;
    i->second.due = in.due.emplace(expires, i->first);
  }

  void update(shard& in, position i, timestamp now) {
    auto node = in.due.extract(i->second.due);
    node.key() = expires_(i->second.state);
    if (node.key() <= now)
      in.entries.erase(i);
    else
      i->second.due = in.due.insert(std::move(node));
  }

  size_t max_in_shard_;
  std::chrono::microseconds longest_;
  expiry expires_;
  size_t shard_count_;
  std::unique_ptr<shard[]> shards_;
  std::mutex overflow_mutex_;
  State overflow_{};
};

} // namespace machine::security

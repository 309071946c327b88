#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

/// All chance in a simulated world: one seed decides everything.
namespace machine::sim {

/// A decision by its stream and its place in it.
using decision_id = uint64_t;

/// Something that happened though it need not have.
struct decision {
  decision_id id = 0;
  const char* what = "";
};

/// A stream of random numbers (SplitMix64, Steele, Lea and Flood 2014).
class dice {
public:
  /// @param stream Tells streams of the same seed apart.
  /// @param masked What does not happen, to make a case smaller.
  /// @param made Gets what does.
  dice(uint64_t seed, uint32_t stream, const std::set<decision_id>& masked,
       std::vector<decision>& made)
      : state_(mix(seed ^ (0x9E3779B97F4A7C15ull * (stream + 1)))),
        stream_(stream), masked_(masked), made_(made) {}

  dice(const dice&) = delete;
  dice& operator=(const dice&) = delete;

  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ull;
    return mix(state_);
  }

  /// 0 to *n* - 1; 0 if *n* is 0.
  uint64_t below(uint64_t n) {
    auto x = next();
    return n == 0 ? 0 : x % n;
  }

  /// *low* to *high*, both included.
  template <class T>
  T between(T low, T high) {
    return static_cast<T>(
      low + static_cast<T>(below(static_cast<uint64_t>(high - low) + 1)));
  }

  /// True once in *n* times.
  bool chance(uint64_t n) {
    return below(n) == 0;
  }

  /// True once in *n* times, until it is calm; such a decision can be masked.
  bool happens(const char* what, uint64_t n) {
    auto id = (uint64_t{stream_} << 32) | ++place_;
    auto yes = below(n) == 0 && !calm_;
    if (!yes || masked_.contains(id))
      return false;
    made_.push_back({id, what});
    return true;
  }

  template <class Range>
  auto& pick(Range& from) {
    return from[below(from.size())];
  }

  /// From now on nothing happens.
  void calm() {
    calm_ = true;
  }

private:
  static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
  }

  uint64_t state_;
  uint32_t stream_;
  uint32_t place_ = 0;
  bool calm_ = false;
  const std::set<decision_id>& masked_;
  std::vector<decision>& made_;
};

/// The streams of one world. Each subject has its own, so that one decision
/// fewer in one of them leaves the others as they are.
struct fate {
  fate(uint64_t seed, std::set<decision_id> without)
      : masked(std::move(without)), shape(seed, 0, masked, made),
        faults(seed, 1, masked, made), people(seed, 2, masked, made),
        work(seed, 3, masked, made), time(seed, 4, masked, made),
        thought(seed, 5, masked, made) {}

  std::set<decision_id> masked;
  std::vector<decision> made;
  /// Of workflows.
  dice shape;
  dice faults;
  dice people;
  /// How effects and attempts go.
  dice work;
  /// How long everything takes.
  dice time;
  /// Which decisions take long.
  dice thought;
};

} // namespace machine::sim

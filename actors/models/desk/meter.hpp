#pragma once

#include "actors/costs/money.hpp"
#include "actors/models/delta.hpp"

#include <atomic>
#include <cstdint>

namespace machine::models {

/// Counts the tokens that an answer can have, while it streams, against what is
/// paid for. `take` belongs to the thread of the provider, `allow` to any.
class meter {
public:
  enum class need : uint8_t {
    none,
    /// Most of what is paid for is used up; told once until more is allowed.
    more,
    /// It is used up: the call has to end.
    stop,
  };

  explicit meter(uint64_t allowed) : allowed_(allowed) {}

  /// How many tokens are paid for.
  void allow(uint64_t tokens) {
    allowed_ = tokens;
    asked_ = false;
  }

  uint64_t allowed() const {
    return allowed_;
  }

  need take(const answer_delta& x) {
    text_.add(x.text);
    text_.add(x.name);
    // What frames a call.
    if (x.kind == answer_delta::kind_type::tool)
      frames_ += 16;
    auto used = text_.tokens() + frames_;
    used_ = used;
    auto allowed = allowed_.load();
    if (used > allowed)
      return need::stop;
    if (used > allowed / 4 * 3 && !asked_.exchange(true))
      return need::more;
    return need::none;
  }

  /// The tokens that the answer can have so far.
  uint64_t used() const {
    return used_;
  }

private:
  std::atomic<uint64_t> allowed_;
  std::atomic<uint64_t> used_{0};
  std::atomic<bool> asked_{false};
  costs::text_bound text_;
  uint64_t frames_ = 0;
};

} // namespace machine::models

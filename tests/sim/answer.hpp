#pragma once

#include "runtime/error.hpp"
#include "tests/sim/timeline.hpp"

#include <any>
#include <functional>
#include <memory>

namespace machine::sim {

/// What somebody waits for. Like the real one it delivers `unavailable` where
/// it is dropped without an answer.
class reply {
public:
  using handler = std::function<void(const caf::error&)>;

  /// @param way How long the answer is under way.
  reply(timeline& in, length way, owner to, handler then)
      : timeline_(in), way_(way), to_(std::move(to)), then_(std::move(then)) {}

  reply(const reply&) = delete;
  reply& operator=(const reply&) = delete;

  ~reply() {
    deliver(make_error(ec::unavailable, "who had to answer is no more"));
  }

  /// The events of what was asked, if the asker wants to know them; written
  /// before the answer is delivered.
  std::shared_ptr<std::any> events;

  /// The first answer counts.
  void deliver(const caf::error& what) {
    if (auto then = std::exchange(then_, nullptr))
      timeline_.after(way_, to_,
                      [then = std::move(then), what] { then(what); });
  }

  /// It never arrives.
  void lose() {
    then_ = nullptr;
  }

private:
  timeline& timeline_;
  length way_;
  owner to_;
  handler then_;
};

/// Null: nobody waits.
using answer = std::shared_ptr<reply>;

} // namespace machine::sim

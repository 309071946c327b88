#pragma once

#include "runtime/error.hpp"
#include "runtime/pool.hpp"

#include <deque>
#include <functional>
#include <utility>

namespace machine::test {

/// Runs jobs on the thread of the test, when the test wants it.
class manual_pool : public blocking_pool {
public:
  manual_pool() : blocking_pool(1) {}

  /// The next post is refused with this one.
  ec refuse_next = ec::none;

  caf::error post(std::function<void()> job) override {
    if (auto code = std::exchange(refuse_next, ec::none); code != ec::none)
      return make_error(code, "on purpose");
    jobs_.push_back(std::move(job));
    return caf::none;
  }

  /// Whether there was something to do.
  bool run_one() {
    if (jobs_.empty())
      return false;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job();
    return true;
  }

private:
  std::deque<std::function<void()>> jobs_;
};

} // namespace machine::test

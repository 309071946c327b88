#pragma once

#include "runtime/types.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

namespace machine::sim {

/// A length of virtual time.
using length = std::chrono::microseconds;

/// Who does something later; if it is no more by then, nobody does.
using owner = std::weak_ptr<const void>;

/// What can die: whatever it was about to do is never done then.
class mortal {
public:
  mortal() = default;

  mortal(const mortal&) = delete;
  mortal& operator=(const mortal&) = delete;

  owner life() const {
    return life_;
  }

protected:
  void end_life() {
    life_ = nullptr;
  }

private:
  std::shared_ptr<const int> life_ = std::make_shared<const int>(0);
};

/// Virtual time, and all that is to happen in it, by time and then by when it
/// was asked for.
class timeline {
public:
  timestamp now() const {
    return now_;
  }

  void after(length wait, owner whose, std::function<void()> what) {
    if (closed_)
      return;
    tasks_.push_back({now_ + std::max(wait, length::zero()), ++last_,
                      std::move(whose), std::move(what)});
    std::push_heap(tasks_.begin(), tasks_.end(), later{});
  }

  /// Does what is next; false if there is nothing.
  bool step() {
    while (!tasks_.empty()) {
      std::pop_heap(tasks_.begin(), tasks_.end(), later{});
      auto next = std::move(tasks_.back());
      tasks_.pop_back();
      auto alive = next.whose.lock();
      if (alive == nullptr)
        continue;
      now_ = std::max(now_, next.at);
      next.what();
      return true;
    }
    return false;
  }

  /// Nothing more is taken.
  void close() {
    closed_ = true;
  }

private:
  struct task {
    timestamp at{};
    uint64_t number = 0;
    owner whose;
    std::function<void()> what;
  };

  struct later {
    bool operator()(const task& a, const task& b) const {
      return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
  };

  timestamp now_{std::chrono::hours{1}};
  uint64_t last_ = 0;
  bool closed_ = false;
  std::vector<task> tasks_;
};

} // namespace machine::sim

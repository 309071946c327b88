#pragma once

#include "runtime/error.hpp"

#include <caf/typed_response_promise.hpp>

#include <utility>

namespace machine::entity {

/// A response promise that is kept whatever happens: one that is destroyed
/// without an answer delivers `unavailable`. To be destroyed by the actor that
/// made it, in its own thread.
template <class T>
class answer {
public:
  using promise = caf::typed_response_promise<T>;

  /// Nobody waits for this one.
  answer() = default;

  explicit answer(promise to) : promise_(std::move(to)) {}

  answer(answer&& x) noexcept
      : promise_(std::exchange(x.promise_, promise{})) {}

  answer& operator=(answer&& x) noexcept {
    if (this != &x) {
      abandon();
      promise_ = std::exchange(x.promise_, promise{});
    }
    return *this;
  }

  ~answer() {
    abandon();
  }

  /// The first answer counts; all others do nothing.
  template <class X>
  void deliver(X&& x) {
    if (promise_.pending())
      promise_.deliver(std::forward<X>(x));
  }

private:
  void abandon() {
    deliver(make_error(ec::unavailable,
                       "who had to answer ended before it did; ask again"));
  }

  promise promise_;
};

} // namespace machine::entity

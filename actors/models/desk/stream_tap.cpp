#include "actors/models/desk/stream_tap.hpp"

#include "runtime/clock.hpp"

namespace machine::models {

void stream_tap::take(const answer_delta& x) {
  {
    std::lock_guard guard{mutex_};
    if (closed_)
      return;
    if (!began_at_) {
      began_at_ = steady_now();
      to_->on_begin(facts_);
    }
    to_->on_delta(x);
  }
  auto need = tokens_.take(x);
  if (is_metered_ && need != meter::need::none)
    on_need_(need);
}

void stream_tap::close() {
  std::lock_guard guard{mutex_};
  closed_ = true;
}

std::optional<timestamp> stream_tap::began_at() const {
  std::lock_guard guard{mutex_};
  return began_at_;
}

} // namespace machine::models

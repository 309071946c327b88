#include "gateway/identity/hash_queue.hpp"

#include <utility>

namespace machine::gateway {

void hash_queue::run(runner how, job what) {
  {
    std::lock_guard guard{mutex_};
    if (busy_ < at_once_) {
      ++busy_;
    } else if (waiting_.size() < most_waiting_) {
      waiting_.push_back({std::move(how), std::move(what)});
      return;
    } else {
      how = nullptr;
    }
  }
  if (how)
    begin({std::move(how), std::move(what)});
  else
    what(make_error(ec::overloaded,
                    "too many passwords are being checked; try again later"));
}

void hash_queue::begin(waiting x) {
  // Whoever cannot begin gives its turn to the next one.
  for (auto next = std::optional{std::move(x)}; next; next = take_next()) {
    auto problem = next->how([me = shared_from_this(), what = next->what] {
      try {
        what(caf::none);
      } catch (...) {
        // The turn is everybody's; whoever waits hears that its responder is
        // gone.
      }
      if (auto after = me->take_next())
        me->begin(std::move(*after));
    });
    if (!problem)
      return;
    next->what(problem);
  }
}

std::optional<hash_queue::waiting> hash_queue::take_next() {
  std::lock_guard guard{mutex_};
  if (waiting_.empty()) {
    --busy_;
    return std::nullopt;
  }
  auto result = std::move(waiting_.front());
  waiting_.pop_front();
  return result;
}

} // namespace machine::gateway

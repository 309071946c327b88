#include "actors/orchestrator/run/failure.hpp"

#include "actors/orchestrator/run/find.hpp"

#include <algorithm>

namespace machine::orchestrator {

void failure_finder::note(const entity::recorded<run_event>& next) {
  ++seq_;
  if (!next.together)
    decision_ = seq_;
  if (auto* stop = std::get_if<step_stopping>(&next.event)) {
    if (owes_it_to_last(stop->activation))
      to_follow_.insert(stop->activation);
    else
      out_of_time_.emplace(stop->activation, before_decision());
  } else if (auto* fail = std::get_if<step_failed>(&next.event)) {
    auto* what = find_step(state_, step_of(fail->activation));
    auto out_of_time = out_of_time_.extract(fail->activation);
    auto follows = to_follow_.erase(fail->activation) > 0;
    if (what != nullptr && what->on_failure == failure_policy::fail) {
      if (!follows)
        last_.emplace(out_of_time ? out_of_time.mapped() : before_decision(),
                      fail->activation);
      last_decision_ = decision_;
    }
  } else if (auto* block = std::get_if<block_ended>(&next.event)) {
    // What handled a failure may have failed before, and only now ends.
    if (!block->code.empty() && last_ && is_within(last_->second, block->block))
      last_decision_ = decision_;
  } else if (auto* end = std::get_if<run_closing>(&next.event);
             end != nullptr && end->result == run_result::failed) {
    point_ = last_;
  }
  run::apply(state_, next.event, next.at);
}

bool failure_finder::owes_it_to_last(const std::string& around) const {
  return last_ && last_decision_ == decision_
      && is_within(last_->second, around);
}

uint64_t failure_finder::before_decision() const {
  return std::max<uint64_t>(decision_ - 1, 1);
}

} // namespace machine::orchestrator

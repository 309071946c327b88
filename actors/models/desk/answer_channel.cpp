#include "actors/models/desk/answer_channel.hpp"

#include <algorithm>
#include <utility>

namespace machine::models {

void answer_channel::pause::silence(uint32_t number) {
  of_.silent_.push_back(number);
  if (of_.passed_.speaker == number)
    of_.passed_.speaker.reset();
}

void answer_channel::pause::hand_over(takeover how) {
  if (how.restarts) {
    of_.passed_ = {};
    of_.text_.clear();
  }
  of_.passed_.speaker.reset();
  of_.next_ = std::move(how);
}

void answer_channel::pass(uint32_t number, const call_facts& facts,
                          const answer_delta& x) {
  std::lock_guard guard{mutex_};
  if (closed_)
    return;
  if (passed_.speaker != number) {
    auto is_silent =
      std::find(silent_.begin(), silent_.end(), number) != silent_.end();
    if (passed_.speaker || is_silent)
      return;
    passed_.speaker = number;
    if (to_)
      tell_speaker(facts);
    if (auto then = std::exchange(on_speaker_, nullptr))
      then();
  }
  // Where nobody wants pieces, it is of use to know who speaks.
  if (!to_)
    return;
  auto is_text = x.kind == answer_delta::kind_type::text;
  passed_.has_text = passed_.has_text || is_text;
  passed_.has_other = passed_.has_other || !is_text;
  if (keeps_text_ && is_text)
    text_ += x.text;
  to_->on_delta(x);
}

void answer_channel::tell_speaker(const call_facts& facts) {
  if (auto how = std::exchange(next_, std::nullopt))
    to_->on_takeover(facts, *how);
  else
    to_->on_begin(facts);
}

void answer_channel::on_speaker(std::function<void()> then) {
  {
    std::lock_guard guard{mutex_};
    if (!passed_.speaker) {
      on_speaker_ = std::move(then);
      return;
    }
  }
  then();
}

void answer_channel::close() {
  std::lock_guard guard{mutex_};
  closed_ = true;
}

} // namespace machine::models

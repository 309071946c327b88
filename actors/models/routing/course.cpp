#include "actors/models/routing/course.hpp"

#include "actors/models/routing/course_moves.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// A number in [0, 1) from the upper 53 bits.
double part_of_one(uint64_t random) {
  return static_cast<double>(random >> 11) * 0x1.0p-53;
}

duration part_of(duration whole, double part) {
  return duration{
    static_cast<int64_t>(static_cast<double>(whole.count()) * part)};
}

} // namespace

course::course(const course_rule& rule,
               std::vector<course_candidate> candidates, timestamp now)
    : rule_(rule), candidates_(std::move(candidates)),
      deadline_(now + rule_.fallback.deadline),
      tries_of_(candidates_.size(), 0), struck_(candidates_.size(), false) {
  // nop
}

course_steps course::start(timestamp now) {
  course_steps result;
  if (over_ || !tries_.empty())
    return result;
  if (candidates_.empty())
    finish(result, make_error(ec::no_model, "there is no model to ask"));
  else
    begin_try(result, 0, try_mode::fresh, now);
  return result;
}

course_steps course::began(uint32_t number) {
  course_steps result;
  if (over_ || speaker_ || !is_running(number))
    return result;
  speaker_ = number;
  stop_others(result, number);
  return result;
}

bool course::speaks(uint32_t number) const {
  return !over_ && speaker_ == number && is_running(number);
}

void course::passed_on(piece_kind what) {
  passed_on_ = true;
  only_text_ = only_text_ && what == piece_kind::text;
}

course_steps course::ended(uint32_t number, const try_end& how, timestamp now,
                           uint64_t random) {
  course_steps result;
  if (number >= tries_.size() || tries_[number].state == try_state::ended)
    return result;
  result.emplace_back(settle_try{number, payment_for(how)});
  auto was_running = is_running(number);
  tries_[number].state = try_state::ended;
  if (over_ || !was_running)
    return result;
  if (how.why) {
    failed(result, number, how, now, random);
    return result;
  }
  if (how.rejected && hand_on(result, number, now))
    return result;
  over_ = true;
  pause_.reset();
  stop_others(result, std::nullopt);
  result.emplace_back(use_answer{number});
  return result;
}

course_steps course::tick(timestamp now, uint64_t random) {
  course_steps result;
  if (over_)
    return result;
  if (now >= deadline_) {
    auto limit = std::to_string(rule_.fallback.deadline.count());
    finish(result,
           make_error(ec::timeout,
                      "there was no whole answer within " + limit + " ms"
                        + (problem_ ? "; before that: " + message_of(problem_)
                                    : "; allow more, or ask for less")));
    return result;
  }
  if (pause_ && now >= pause_->until) {
    auto due = *pause_;
    pause_.reset();
    begin_try(result, due.candidate, due.mode, now);
    return result;
  }
  for (uint32_t i = 0; i < tries_.size() && !over_; ++i) {
    auto& one = tries_[i];
    if (!is_running(i) || speaker_ == i || now < one.hangs_at)
      continue;
    one.state = try_state::stopping;
    result.emplace_back(stop_try{i});
    try_end hung;
    hung.why =
      make_error(ec::timeout,
                 candidates_[one.candidate].model
                   + " did not begin to answer "
                     "within "
                   + std::to_string(rule_.first_byte_timeout.count()) + " ms");
    // Nobody knows; whoever must not repeat has to take it for taken.
    hung.accepted = true;
    failed(result, i, hung, now, random);
  }
  if (!over_)
    hedge(result, now);
  return result;
}

course_steps course::cancel() {
  course_steps result;
  if (over_)
    return result;
  // There is nobody to be told.
  passed_on_ = false;
  problem_ = make_error(ec::cancelled, "the client does not wait any more");
  finish(result, problem_);
  return result;
}

std::optional<timestamp> course::alarm() const {
  if (over_)
    return std::nullopt;
  auto result = deadline_;
  if (pause_)
    result = std::min(result, pause_->until);
  for (uint32_t i = 0; i < tries_.size(); ++i) {
    if (!is_running(i) || speaker_ == i)
      continue;
    result = std::min(result, tries_[i].hangs_at);
    if (!hedged_ && !speaker_ && tries_[i].hedge_at)
      result = std::min(result, *tries_[i].hedge_at);
  }
  return result;
}

bool course::is_running(uint32_t number) const {
  return number < tries_.size() && tries_[number].state == try_state::running;
}

size_t course::count_running() const {
  return static_cast<size_t>(
    std::count_if(tries_.begin(), tries_.end(),
                  [](auto& x) { return x.state == try_state::running; }));
}

bool course::may_start() const {
  return tries_.size() < rule_.fallback.tries;
}

void course::begin_try(course_steps& to, size_t candidate, try_mode mode,
                       timestamp now) {
  using std::chrono::ceil;
  one_try one;
  one.candidate = candidate;
  one.mode = mode;
  one.hangs_at = now + rule_.first_byte_timeout;
  if (auto after = candidates_[candidate].hedge_after)
    one.hedge_at = now + *after;
  auto number = static_cast<uint32_t>(tries_.size());
  tries_.push_back(one);
  ++tries_of_[candidate];
  to.emplace_back(
    start_try{number, candidate, mode, ceil<duration>(deadline_ - now)});
}

void course::stop_others(course_steps& to, std::optional<uint32_t> but) {
  for (uint32_t i = 0; i < tries_.size(); ++i)
    if (is_running(i) && but != i) {
      tries_[i].state = try_state::stopping;
      to.emplace_back(stop_try{i});
    }
}

void course::finish(course_steps& to, caf::error why) {
  over_ = true;
  pause_.reset();
  stop_others(to, std::nullopt);
  if (spare_ && !passed_on_ && code_of(why) != ec::cancelled) {
    to.emplace_back(use_answer{*spare_});
    return;
  }
  if (passed_on_)
    to.emplace_back(
      tell_client{tell_client::kind::ended_early,
                  "the answer ends here, before its end: " + message_of(why)});
  to.emplace_back(give_up{std::move(why), retry_after_});
}

/// A try has failed: what to do depends on what the client has already.
void course::failed(course_steps& to, uint32_t number, const try_end& how,
                    timestamp now, uint64_t random) {
  auto code = code_of(how.why);
  auto from = tries_[number].candidate;
  auto spoke = speaker_ == number;
  if (spoke)
    speaker_.reset();
  if (!problem_) {
    problem_ = how.why;
    retry_after_ = how.retry_after;
  }
  auto move = move_after(code, how.status, rule_.fallback);
  if (move.strike)
    strike(from, move.next);
  // Another one may still answer.
  if (count_running() > 0 || pause_)
    return;
  if (how.accepted && rule_.again == repetition::harmful) {
    finish(to, problem_);
    return;
  }
  if (!passed_on_) {
    go_on(to, from, how, try_mode::fresh, now, random);
    return;
  }
  switch (rule_.fallback.in_stream) {
    case stream_failover::fail: finish(to, problem_); return;
    case stream_failover::restart:
      go_on(to, from, how, try_mode::fresh, now, random);
      return;
    case stream_failover::resume: break;
  }
  // What was refused in the middle is not finished by somebody else.
  if (!only_text_ || (spoke && !move.again))
    finish(to, problem_);
  else
    go_on(to, from, how, try_mode::resume, now, random);
}

/// Its answer did not pass the check. False if it has to do all the same.
bool course::hand_on(course_steps& to, uint32_t number, timestamp now) {
  auto from = tries_[number].candidate;
  if (!candidates_[from].is_checked || passed_on_
      || rule_.again == repetition::harmful)
    return false;
  if (speaker_ == number)
    speaker_.reset();
  struck_[from] = true;
  spare_ = number;
  // Another one may still answer.
  if (count_running() > 0 || pause_)
    return true;
  auto next = may_start() && now < deadline_
              ? next_of(from, successor::any_model, try_mode::fresh)
              : std::optional<size_t>{};
  if (next)
    begin_try(to, *next, try_mode::fresh, now);
  return next.has_value();
}

void course::go_on(course_steps& to, size_t from, const try_end& how,
                   try_mode mode, timestamp now, uint64_t random) {
  auto move = move_after(code_of(how.why), how.status, rule_.fallback);
  auto wait = pause_before(from, how, random);
  auto again = move.again && may_start() && can_take(from, mode)
            && wait <= rule_.longest_pause && now + wait < deadline_;
  auto other =
    may_start() ? next_of(from, move.next, mode) : std::optional<size_t>{};
  if (!again && !other) {
    finish(to, problem_);
    return;
  }
  auto change =
    other && (!again || move.another_first || wait > rule_.worth_waiting);
  auto next = change ? *other : from;
  if (passed_on_ && mode == try_mode::fresh) {
    passed_on_ = false;
    only_text_ = true;
    to.emplace_back(tell_client{tell_client::kind::restarted,
                                "the answer broke off, and begins again with "
                                  + candidates_[next].model});
  } else if (passed_on_ && change) {
    to.emplace_back(tell_client{
      tell_client::kind::resumed,
      "the answer broke off; " + candidates_[next].model + " goes on with it"});
  }
  if (change || wait.count() == 0)
    begin_try(to, next, mode, now);
  else
    pause_ = pause{now + wait, next, mode};
}

void course::strike(size_t failed, successor next) {
  for (size_t i = 0; i < candidates_.size(); ++i)
    if (i == failed || !may_succeed(next, candidates_[failed], candidates_[i]))
      struck_[i] = true;
}

bool course::can_take(size_t candidate, try_mode mode) const {
  return !struck_[candidate] && tries_of_[candidate] < rule_.tries_of_model
      && (mode == try_mode::fresh || candidates_[candidate].continues);
}

std::optional<size_t> course::next_of(size_t failed, successor next,
                                      try_mode mode) const {
  std::optional<size_t> second;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    if (i == failed || !can_take(i, mode)
        || !may_succeed(next, candidates_[failed], candidates_[i]))
      continue;
    auto elsewhere = candidates_[i].provider != candidates_[failed].provider;
    if (next != successor::other_provider_first || elsewhere)
      return i;
    if (!second)
      second = i;
  }
  return second;
}

/// Full jitter, since those who failed together must not come back together;
/// what the provider asked for is a lower bound, and gets a quarter more.
duration course::pause_before(size_t candidate, const try_end& how,
                              uint64_t random) const {
  auto part = part_of_one(random);
  if (how.retry_after)
    return *how.retry_after + part_of(*how.retry_after, part / 4);
  auto longest = rule_.first_pause;
  for (uint32_t i = 1;
       i < tries_of_[candidate] && longest < rule_.longest_pause; ++i)
    longest *= 2;
  return part_of(std::min(longest, rule_.longest_pause), part);
}

/// Asks a second model beside one that is slow to begin.
void course::hedge(course_steps& to, timestamp now) {
  if (hedged_ || speaker_ || rule_.again == repetition::harmful
      || count_running() != 1)
    return;
  auto slow = std::find_if(tries_.begin(), tries_.end(), [](auto& x) {
    return x.state == try_state::running;
  });
  if (!slow->hedge_at || now < *slow->hedge_at)
    return;
  hedged_ = true;
  if (!may_start())
    return;
  auto from = slow->candidate;
  auto mode = slow->mode;
  std::optional<size_t> second;
  if (rule_.fallback.on)
    second = next_of(from, successor::other_provider_first, mode);
  else if (can_take(from, mode))
    second = from;
  if (second)
    begin_try(to, *second, mode, now);
}

} // namespace machine::models

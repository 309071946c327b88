#include "actors/orchestrator/upgrade/upgrade_check.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/upgrade/pinned.hpp"
#include "runtime/entity/prepare.hpp"
#include "runtime/wire/wire.hpp"

#include <utility>

namespace machine::orchestrator {

namespace {

/// Of an event, in a message.
constexpr size_t max_shown_bytes = 300;

/// Decisions that the events of one may be spread over.
constexpr size_t max_parts = 100;

run_event without_chance(run_event x) {
  if (auto* failed = std::get_if<attempt_failed>(&x);
      failed != nullptr && failed->retry_at)
    failed->retry_at = timestamp{};
  return x;
}

bool is_same(const run_event& x, const run_event& y) {
  return x.index() == y.index() && without_chance(x) == without_chance(y);
}

std::string show(const run_event& x) {
  return clip(wire::to_json(x), max_shown_bytes);
}

bool has_chance(const run_event& x) {
  auto* failed = std::get_if<attempt_failed>(&x);
  return failed != nullptr && failed->retry_at;
}

/// What is recorded of an effect, and no more: most of what agents write.
bool is_about_an_effect(const run_event& x) {
  return std::holds_alternative<effect_intended>(x)
      || std::holds_alternative<effect_done>(x)
      || std::holds_alternative<effect_failed>(x);
}

} // namespace

upgrade_check::upgrade_check(entity::key run, blob_reader blobs)
    : key_(std::move(run)), blobs_(std::move(blobs)) {}

void upgrade_check::differ(uint64_t seq, std::string what) {
  if (!difference_)
    difference_ = upgrade_difference{seq, std::move(what)};
}

void upgrade_check::expect(uint64_t seq, run_state state) {
  expected_.emplace(seq, std::move(state));
}

caf::error upgrade_check::add(bytes_view payload) {
  if (difference_)
    return caf::none;
  auto past = wire::from_msgpack<entity::recorded<run_event>>(payload);
  if (!past) {
    differ(seq_ + 1, "cannot be read: " + message_of(past.error()));
    return caf::none;
  }
  if (!past->together || group_.empty()) {
    if (auto err = look())
      return err;
    first_ = seq_ + 1;
    at_ = past->at;
  }
  group_.push_back(std::move(past->event));
  ++seq_;
  return caf::none;
}

caf::error upgrade_check::finish() {
  if (auto err = look())
    return err;
  if (!difference_ && expected_ && expected_->first > seq_)
    differ(0, "there is a snapshot of event " + std::to_string(expected_->first)
                + ", but the log has " + std::to_string(seq_) + " events");
  return caf::none;
}

caf::error upgrade_check::look() {
  if (difference_ || group_.empty())
    return caf::none;
  auto events = std::exchange(group_, {});
  auto what = cause_of(state_, events, blobs_);
  if (!what)
    return with_context("event " + std::to_string(first_), what.error());
  ++decisions_;
  std::swap(group_, events);
  if (!*what) {
    ++unexplained_;
    ahead_.clear();
    apply_rest(0);
  } else {
    decide(**what);
  }
  if (auto* made = std::get_if<run_created>(&group_.front()))
    check_workflow(*made);
  compare_state();
  group_.clear();
  return caf::none;
}

void upgrade_check::decide(const run_command& what) {
  if (auto next = std::exchange(ahead_, {});
      !next.empty() && !is_same(next.front(), group_.front()))
    return differ(first_, "this program would first go on with "
                            + show(next.front()) + "; the log has "
                            + show(group_.front()));
  // What the decision changes may be more than the log has.
  std::optional<run_state> before;
  if (!is_about_an_effect(group_.front()))
    before = state_;
  std::vector<run_event> made;
  bool chance = false;
  run_command next = what;
  for (size_t parts = 0; made.size() < group_.size(); ++parts) {
    auto decided = entity::prepare<run>(state_, next, {key_, at_, 0});
    if (auto* no = std::get_if<entity::refusal>(&decided))
      return differ(first_ + made.size(), "this program refuses what led to "
                                            + show(group_[made.size()]) + ": "
                                            + message_of(no->why));
    auto& yes = std::get<entity::prepared<run>>(decided);
    for (auto& event : yes.events) {
      if (made.size() < group_.size() && !is_same(event, group_[made.size()]))
        return differ(first_ + made.size(), "this program decides "
                                              + show(event) + "; the log has "
                                              + show(group_[made.size()]));
      chance = chance || has_chance(event);
      made.push_back(std::move(event));
    }
    if (made.size() < group_.size()
        && (yes.events.empty() || parts == max_parts))
      return differ(first_ + made.size(),
                    "this program decides nothing more; the log has "
                      + show(group_[made.size()]));
    next = wake_run{};
  }
  if (made.size() == group_.size() && !chance)
    return;
  if (!before)
    return differ(first_ + group_.size(), "this program decides "
                                            + show(made[group_.size()])
                                            + " besides");
  ahead_.assign(std::make_move_iterator(
                  made.begin() + static_cast<ptrdiff_t>(group_.size())),
                std::make_move_iterator(made.end()));
  state_ = std::move(*before);
  apply_rest(0);
}

void upgrade_check::apply_rest(size_t known) {
  for (auto i = known; i < group_.size(); ++i)
    run::apply(state_, group_[i], at_);
}

void upgrade_check::compare_state() {
  if (difference_ || !expected_ || expected_->first > seq_)
    return;
  if (expected_->first < seq_) {
    differ(expected_->first, "there is a snapshot in the middle of a decision");
  } else if (wire::to_msgpack(expected_->second) != wire::to_msgpack(state_)) {
    differ(seq_, "the snapshot that is there is not what this program makes of "
                 "the events up to it");
  }
  expected_.reset();
}

void upgrade_check::check_workflow(const run_created& what) {
  if (auto err = check_pinned(what.workflow, *state_.definition))
    differ(first_, message_of(err));
}

} // namespace machine::orchestrator

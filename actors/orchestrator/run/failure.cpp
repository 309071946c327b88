#include "actors/orchestrator/run/failure.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/retry.hpp"

#include <algorithm>
#include <utility>

namespace machine::orchestrator {

namespace {

/// Whether *x* does something itself, and not what its blocks do.
bool is_leaf(const step& x) {
  return !std::holds_alternative<repeat_step>(x.action)
      && !std::holds_alternative<foreach_step>(x.action)
      && !std::holds_alternative<route_step>(x.action);
}

bool ends_run_if_failed(const run_state& now, std::string_view activation);

/// The same of a block.
bool ends_run_if_block_failed(const run_state& now, std::string_view id) {
  if (id.empty())
    return true;
  auto i = now.blocks.find(std::string{id});
  if (i == now.blocks.end())
    return false;
  auto& block = i->second;
  if (block.name == failure_block)
    return ends_run_if_block_failed(now, block_of(block.owner));
  return !fails_alone(now, block) && ends_run_if_failed(now, block.owner);
}

/// Whether the run fails once *activation* has.
bool ends_run_if_failed(const run_state& now, std::string_view activation) {
  auto* what = find_step(now, step_of(activation));
  return what != nullptr && what->on_failure == failure_policy::fail
      && ends_run_if_block_failed(now, block_of(activation));
}

} // namespace

void failure_finder::note(const entity::recorded<run_event>& next) {
  if (!next.together) {
    // A history is not complete before its end.
    before_ =
      state_.phase == run_phase::copying ? 0 : std::max<uint64_t>(seq_, 1);
    activations_ = state_.last_activation;
  }
  ++seq_;
  std::visit([this](auto& x) { see(x); }, next.event);
  run::apply(state_, next.event, next.at);
}

/// What failed here can be tried again from before this decision if it was at
/// work then, or if it failed for something that passes. What did not begin, or
/// what others made of their results, would be the same.
failure_finder::place failure_finder::here(const std::string& activation,
                                           const std::string& code) const {
  auto* there = find_activation(state_, activation);
  auto* what = find_step(state_, step_of(activation));
  // It was told to stop in the run that this one goes on from.
  if (there != nullptr && there->stopping)
    return {0, activation};
  auto was_at_work = there != nullptr && there->number <= activations_
                  && what != nullptr && is_leaf(*what);
  return {was_at_work || is_transient(code) ? before_ : 0, activation};
}

void failure_finder::see(const step_failed& x) {
  auto cause = causes_.extract(x.activation);
  auto* what = find_step(state_, step_of(x.activation));
  failing_.reset();
  if (what != nullptr && what->on_failure == failure_policy::fail)
    failing_ = cause ? std::move(cause.mapped()) : here(x.activation, x.code);
}

void failure_finder::stop(const std::string& id, place otherwise) {
  auto known = std::exchange(failing_, std::nullopt);
  causes_.try_emplace(id, known ? std::move(*known) : std::move(otherwise));
}

void failure_finder::see(const step_stopping& x) {
  stop(x.activation, here(x.activation, x.code));
}

void failure_finder::see(const block_stopping& x) {
  stop(x.block, here(std::string{owner_of(x.block)}, x.code));
}

void failure_finder::see(const block_ended& x) {
  auto cause = causes_.extract(x.block);
  auto block = state_.blocks.find(x.block);
  failing_.reset();
  // What handled a failure has failed itself.
  if (cause && block != state_.blocks.end()
      && block->second.name == failure_block)
    failing_ = std::move(cause.mapped());
}

void failure_finder::see(const run_closing& x) {
  if (x.result != run_result::failed || !failing_)
    return;
  // What stops already would end the run that tries the other again.
  auto first = std::move(*failing_);
  for (auto& id : state_.stopping)
    if (auto i = causes_.find(id); i != causes_.end())
      if (state_.blocks.contains(id) ? ends_run_if_block_failed(state_, id)
                                     : ends_run_if_failed(state_, id))
        first = std::min(first, i->second);
  if (first.first > 0)
    point_ = std::move(first);
}

} // namespace machine::orchestrator

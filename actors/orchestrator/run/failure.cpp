#include "actors/orchestrator/run/failure.hpp"

#include "actors/orchestrator/run/find.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// Whether *x* fails for what it does itself, and not for what its blocks do.
bool is_leaf(const step& x) {
  return !std::holds_alternative<repeat_step>(x.action)
      && !std::holds_alternative<foreach_step>(x.action)
      && !std::holds_alternative<route_step>(x.action);
}

} // namespace

void failure_finder::note(const entity::recorded<run_event>& next) {
  ++seq_;
  if (!next.together)
    decision_ = seq_;
  if (auto* x = std::get_if<step_failed>(&next.event)) {
    auto* what = find_step(state_, step_of(x->activation));
    if (what != nullptr && what->on_failure == failure_policy::fail
        && is_leaf(*what))
      last_.emplace(std::max<uint64_t>(decision_ - 1, 1), x->activation);
  } else if (auto* x = std::get_if<run_closing>(&next.event);
             x != nullptr && x->result == run_result::failed) {
    point_ = last_;
  }
  run::apply(state_, next.event, next.at);
}

} // namespace machine::orchestrator

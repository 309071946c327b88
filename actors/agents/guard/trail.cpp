#include "actors/agents/guard/trail.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace machine::agents {

namespace {

/// Model calls that an alarm names.
constexpr size_t max_named = 10;

template <class T>
void push_bounded(std::vector<T>& to, T what, size_t most) {
  to.push_back(std::move(what));
  if (to.size() > most)
    to.erase(to.begin());
}

/// More would be none the wiser.
void count_up(uint32_t& x) {
  if (x < std::numeric_limits<uint32_t>::max())
    ++x;
}

/// How often the last *period* steps of *what* stand at its end one after the
/// other, without a new state of the workspace in between.
size_t count_cycles(const trail& what, size_t period) {
  auto& steps = what.steps;
  auto n = steps.size();
  if (n < period)
    return 0;
  size_t same = 0;
  while (same < n) {
    auto i = n - 1 - same;
    auto& there = steps[i];
    if (there.epoch != what.epoch)
      break;
    if (same >= period && there.digest != steps[i + period].digest)
      break;
    ++same;
  }
  return same / period;
}

std::optional<loop_alarm> find_cycle(const trail& what,
                                     const guard_limits& limits) {
  for (size_t period = 1; period <= limits.cycle; ++period) {
    auto times = count_cycles(what, period);
    if (times < limits.repeats)
      continue;
    loop_alarm result;
    result.what = loop_alarm::kind::cycle;
    result.times = static_cast<uint32_t>(times);
    auto first = what.steps.end() - static_cast<ptrdiff_t>(times * period);
    for (auto i = first; i != what.steps.end(); ++i) {
      if (i - first < static_cast<ptrdiff_t>(period))
        result.subjects.push_back(i->what);
      result.effects.push_back(i->effect);
    }
    return result;
  }
  return std::nullopt;
}

/// One call that stands often among the last ones.
template <class Counts>
std::optional<loop_alarm> find_often(const trail& what, uint32_t window,
                                     uint32_t times, loop_alarm::kind kind,
                                     Counts counts) {
  auto size = std::min<size_t>(window, what.steps.size());
  auto first = what.steps.end() - static_cast<ptrdiff_t>(size);
  std::map<uint64_t, uint32_t> seen;
  for (auto i = first; i != what.steps.end(); ++i) {
    if (!counts(*i) || ++seen[i->digest] < times)
      continue;
    loop_alarm result;
    result.what = kind;
    result.times = seen[i->digest];
    result.subjects.push_back(i->what);
    for (auto j = first; j <= i; ++j)
      if (j->digest == i->digest && counts(*j))
        result.effects.push_back(j->effect);
    return result;
  }
  return std::nullopt;
}

} // namespace

bool note(trail& to, guard_fact what, novelty how) {
  auto progress = what.state && note_state(to, *what.state);
  auto known = std::any_of(to.steps.begin(), to.steps.end(),
                           [&](auto& x) { return x.digest == what.digest; });
  if (!known && how == novelty::counts) {
    progress = true;
    note_progress(to);
  }
  push_bounded(to.steps,
               trail_step{what.digest, to.epoch, what.failed,
                          std::move(what.effect), std::move(what.what)},
               max_trail);
  return progress;
}

bool note_state(trail& to, uint64_t state) {
  if (!note_result(to, state))
    return false;
  count_up(to.epoch);
  return true;
}

void know_state(trail& to, uint64_t state) {
  if (std::find(to.states.begin(), to.states.end(), state) == to.states.end())
    push_bounded(to.states, state, max_trail);
}

bool note_result(trail& to, uint64_t digest) {
  if (std::find(to.states.begin(), to.states.end(), digest) != to.states.end())
    return false;
  push_bounded(to.states, digest, max_trail);
  note_progress(to);
  return true;
}

void note_model_call(trail& to, const std::string& effect, micro_usd cost) {
  count_up(to.idle_calls);
  to.idle_cost += cost;
  push_bounded(to.idle_effects, effect, max_named);
}

void note_round(trail& to) {
  count_up(to.idle_rounds);
}

void note_progress(trail& to) {
  to.idle_calls = 0;
  to.idle_rounds = 0;
  to.idle_cost = 0;
  to.idle_effects.clear();
}

void count_anew(trail& to) {
  to.steps.clear();
  note_progress(to);
}

std::optional<loop_alarm> find_loop(const trail& what,
                                    const guard_limits& limits) {
  using kind = loop_alarm::kind;
  if (auto result = find_cycle(what, limits))
    return result;
  if (auto result = find_often(what, limits.window, limits.times, kind::often,
                               [&](auto& x) { return x.epoch == what.epoch; }))
    return result;
  if (auto result = find_often(what, limits.window, limits.failures,
                               kind::failing, [](auto& x) { return x.failed; }))
    return result;
  if (what.idle_calls < limits.idle_calls
      || what.idle_rounds < limits.idle_rounds)
    return std::nullopt;
  loop_alarm result;
  result.what = kind::idle;
  result.times = what.idle_calls;
  result.effects = what.idle_effects;
  result.cost = what.idle_cost;
  return result;
}

} // namespace machine::agents

#include "actors/orchestrator/run/failure.hpp"
#include "runtime/entity/load.hpp"
#include "tests/sim/people.hpp"

/// How people go on from runs, as `gateway/api/forks.cpp` lets them.
namespace machine::sim {

using namespace orchestrator;

namespace {

/// More make a case long and show nothing new.
constexpr uint64_t max_forks = 3;

using log_entry = entity::recorded<run_event>;

std::vector<log_entry> read_log(const world& in, const std::string& run) {
  std::vector<log_entry> result;
  for (auto& x : in.store.at("run/" + run).payloads)
    if (auto event = wire::from_msgpack<log_entry>(x))
      result.push_back(std::move(*event));
  return result;
}

/// Whether *log* begins with the history of another run, and where that ends.
std::optional<uint64_t> end_of_copy(const std::vector<log_entry>& log) {
  for (uint64_t i = 0; i < log.size(); ++i)
    if (std::holds_alternative<history_ended>(log[i].event))
      return i + 1;
  return std::nullopt;
}

/// The end of the decision that caused the event *seq*; none: the run ends with
/// it, or has only a part of its own history. Where that part ends is no end of
/// a decision.
std::optional<uint64_t> fork_point(const std::vector<log_entry>& log,
                                   uint64_t seq) {
  auto result = seq;
  if (std::get<run_created>(log.front().event).origin) {
    auto copied = end_of_copy(log);
    if (!copied)
      return std::nullopt;
    result = std::max(result, *copied);
  }
  // That it was created is before all else.
  while (result > 1 && result < log.size() && log[result].together)
    ++result;
  for (uint64_t i = 0; i < result; ++i)
    if (std::holds_alternative<run_closing>(log[i].event))
      return std::nullopt;
  return result;
}

} // namespace

std::optional<run_created> people::again(const std::string& origin) {
  auto log = read_log(in_, origin);
  auto* created =
    log.empty() ? nullptr : std::get_if<run_created>(&log.front().event);
  if (created == nullptr || forks_ >= max_forks)
    return std::nullopt;
  run_created result = *created;
  result.parent.reset();
  result.workspace.reset();
  result.origin.reset();
  if (in_.luck.people.chance(3))
    result.budget = in_.luck.people.between<micro_usd>(200, 4'000);
  return result;
}

void people::fork(const std::string& origin) {
  auto what = again(origin);
  if (!what)
    return;
  auto log = read_log(in_, origin);
  auto at = fork_point(log, in_.luck.people.between<uint64_t>(1, log.size()));
  if (!at)
    return;
  what->origin = run_origin{id_of(origin), *at, std::nullopt};
  in_.note("people", "fork " + origin + " after event " + std::to_string(*at));
  start_as(beside(origin, "f" + std::to_string(++forks_)), std::move(*what));
}

void people::retry(const std::string& origin) {
  auto what = again(origin);
  if (!what)
    return;
  failure_finder finder;
  for (auto& x : read_log(in_, origin))
    finder.note(x);
  if (!finder.point())
    return;
  auto& [at, step] = *finder.point();
  what->origin = run_origin{id_of(origin), at, step};
  in_.note("people", "try " + step + " of " + origin + " again, after event "
                       + std::to_string(at));
  start_as(beside(origin, "f" + std::to_string(++forks_)), std::move(*what));
}

void people::rerun(const std::string& origin) {
  if (auto what = again(origin))
    start_as(beside(origin, "f" + std::to_string(++forks_)), std::move(*what));
}

} // namespace machine::sim

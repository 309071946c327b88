#include "actors/orchestrator/retention/retention.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// Those of *page* that had by *limit* the time that *since* tells.
template <class Since>
due_runs due_by(const std::vector<ended_run>& page, timestamp limit,
                Since since) {
  due_runs result;
  for (auto& x : page) {
    // Nobody ends before he began, and those that follow began later.
    if (x.created_at > limit)
      return result;
    if (std::optional<timestamp> at = since(x); at && *at <= limit)
      result.ids.push_back(x.id);
  }
  result.go_on = true;
  return result;
}

} // namespace

due_runs due_to_archive(const retention_rules& rules,
                        const std::vector<ended_run>& page, timestamp now) {
  if (!rules.archive_after)
    return {};
  return due_by(page, now - *rules.archive_after, [](const ended_run& x) {
    return std::max(x.changed_at, x.ended_at.value_or(x.changed_at));
  });
}

due_runs due_to_erase(const retention_rules& rules,
                      const std::vector<ended_run>& page, timestamp now) {
  if (!rules.erase_after)
    return {};
  return due_by(page, now - *rules.erase_after,
                [](const ended_run& x) { return x.ended_at; });
}

due_runs due_to_forget(const retention_rules& rules,
                       const std::vector<ended_run>& page, timestamp now) {
  return due_by(page, now - rules.forget_answers_after,
                [](const ended_run& x) { return x.changed_at; });
}

duration sweep_pause(const retention_rules& rules,
                     const std::optional<duration>& collect_every) {
  constexpr duration shortest{1'000};
  constexpr duration longest{3'600'000};
  auto result = std::min(longest, rules.forget_answers_after / 4);
  for (auto& x : {rules.archive_after, rules.erase_after, collect_every})
    if (x)
      result = std::min(result, *x / 4);
  return std::max(result, shortest);
}

} // namespace machine::orchestrator

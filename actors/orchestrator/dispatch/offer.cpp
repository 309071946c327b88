#include "actors/orchestrator/dispatch/offer.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// Pools that a message names; more would hide what it says.
constexpr size_t max_named = 8;

std::string listed(const std::vector<std::string>& these) {
  std::string result;
  for (auto& x : these)
    result += (result.empty() ? "" : ", ") + x;
  return result;
}

std::string described(const std::vector<const pool_offer*>& pools) {
  std::string result;
  for (size_t i = 0; i < pools.size() && i < max_named; ++i) {
    auto& labels = pools[i]->labels;
    result += (i == 0 ? "" : ", ") + pools[i]->name + " ("
            + (labels.empty() ? "no labels" : listed(labels)) + ")";
  }
  if (pools.size() > max_named)
    result += " and " + std::to_string(pools.size() - max_named) + " more";
  return result;
}

bool has_all(const pool_offer& pool, const std::vector<std::string>& labels) {
  return std::includes(pool.labels.begin(), pool.labels.end(), labels.begin(),
                       labels.end());
}

} // namespace

std::vector<attempt_kind> all_performed_kinds() {
  return {attempt_kind::prepare, attempt_kind::agent,   attempt_kind::model,
          attempt_kind::command, attempt_kind::publish, attempt_kind::tool};
}

need need_of(const attempt_order& order) {
  need result{order.kind, order.runs_on};
  auto& labels = result.labels;
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return result;
}

bool fits(const pool_offer& pool, const need& what) {
  auto& kinds = pool.kinds;
  return std::find(kinds.begin(), kinds.end(), what.kind) != kinds.end()
      && has_all(pool, what.labels);
}

std::string explain_lack(const attempt_order& order,
                         const std::vector<const pool_offer*>& pools) {
  auto result = "nobody can perform " + order.activation + ": ";
  if (pools.empty())
    return result + "no worker is there; start one";
  auto what = need_of(order);
  auto somebody_has = [&](const std::vector<std::string>& labels) {
    return std::any_of(pools.begin(), pools.end(),
                       [&](auto* pool) { return has_all(*pool, labels); });
  };
  auto missing = what.labels;
  std::erase_if(missing, [&](auto& label) { return somebody_has({label}); });
  std::string advice = "; start one that has them, or change runs_on";
  if (missing.size() == 1)
    result += "no worker has the label " + missing.front();
  else if (!missing.empty())
    result += "no worker has the labels " + listed(missing);
  else if (!somebody_has(what.labels))
    result += "no one worker has all of the labels " + listed(what.labels);
  else {
    result += "no worker with its labels performs attempts of the kind "
            + std::string{wire::to_name(what.kind)};
    advice = "; start one that does";
  }
  return result + "; there are " + described(pools) + advice;
}

} // namespace machine::orchestrator

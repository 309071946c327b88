#include "actors/models/routing/cascade.hpp"

#include <algorithm>
#include <cmath>

namespace machine::models {

namespace {

/// Candidates that are looked at: with four in a row that is some 2,000 orders.
constexpr size_t most_looked_at = 8;

/// What is less is no reason to ask two models instead of one.
constexpr double least_gain = 1e-6;

struct terms {
  const verifier& check;
  const utility_weights weights;
  double enough = 0;
  micro_usd lease = 0;
};

/// The part of the requests at which models fail that fail at *a* and at *b* of
/// them.
double fail_together(double a, double b, double shared) {
  auto by_chance = a * b;
  return by_chance + shared * (std::min(a, b) - by_chance);
}

/// How far a request has come without an answer that passed the check.
struct progress {
  /// No answer was good, and all were found out.
  double all_bad = 1;
  /// One was good, and was taken for bad.
  double missed = 0;
  /// How often all models so far fail.
  double fail = 1;

  double reached() const {
    return all_bad + missed;
  }
};

/// The part of the requests that *x* answers well, of those that reach it; and
/// how far the others come.
double step(progress& at, const candidate& x, const verifier& check) {
  auto fail = fail_together(at.fail, 1 - x.quality, check.shared);
  auto after_bad = at.fail > 0 ? 1 - fail / at.fail : x.quality;
  auto after_good =
    at.fail < 1 ? (x.quality - (at.fail - fail)) / (1 - at.fail) : x.quality;
  after_good = std::clamp(after_good, 0.0, 1.0);
  auto good = at.all_bad * after_bad + at.missed * after_good;
  at.missed =
    good * (1 - check.spares) + at.missed * (1 - after_good) * check.finds;
  at.all_bad *= (1 - after_bad) * check.finds;
  at.fail = fail;
  return good;
}

/// What is to be expected of a row of models.
cascade estimate_row(const std::vector<const candidate*>& row,
                     const terms& by) {
  cascade result;
  progress at;
  auto expected = 0.0;
  auto latency = 0.0;
  for (auto* x : row) {
    auto last = x == row.back();
    auto reached = at.reached();
    auto cost = x->expected + (last ? 0 : by.check.cost);
    auto time =
      x->latency.value_or(duration{0}) + (last ? duration{0} : by.check.takes);
    expected += reached * static_cast<double>(cost);
    latency += reached * static_cast<double>(time.count());
    result.quality += step(at, *x, by.check) * (last ? 1 : by.check.spares);
    result.worst_case += x->worst_case + (last ? 0 : by.check.cost);
    result.order.push_back(*x);
  }
  result.expected = static_cast<micro_usd>(std::llround(expected));
  result.latency = duration{static_cast<int64_t>(latency)};
  result.utility =
    utility(by.weights, result.quality, result.expected, result.latency);
  return result;
}

bool is_worth_more(const cascade& a, const cascade& b, double enough) {
  auto good = a.quality >= enough;
  if (good != (b.quality >= enough))
    return good;
  if (!good && std::abs(a.quality - b.quality) > least_gain)
    return a.quality > b.quality;
  return a.utility > b.utility + least_gain;
}

/// Tries all that can follow *row*.
void look_further(std::vector<const candidate*>& row, size_t longest,
                  const std::vector<const candidate*>& among, const terms& by,
                  std::optional<cascade>& best) {
  for (auto* x : among) {
    if (std::find(row.begin(), row.end(), x) != row.end())
      continue;
    row.push_back(x);
    auto found = estimate_row(row, by);
    if (found.worst_case <= by.lease) {
      if (!best || is_worth_more(found, *best, by.enough))
        best = std::move(found);
    }
    if (row.size() < longest)
      look_further(row, longest, among, by, best);
    row.pop_back();
  }
}

std::string why_cascade(const cascade& x) {
  std::string names;
  for (auto& y : x.order)
    names += (names.empty() ? "" : ", then ") + y.model;
  return names
       + (x.order.size() == 1 ? " alone is worth more than several in a row"
                              : " if an answer does not pass the check")
       + ": expected to cost " + costs::format_usd(x.expected) + ", at most "
       + costs::format_usd(x.worst_case);
}

} // namespace

caf::expected<cascade> plan_cascade(const std::vector<candidate>& candidates,
                                    const verifier& check,
                                    const routing_policy& policy, double enough,
                                    micro_usd lease) {
  if (candidates.empty())
    return make_error(ec::no_model, "there is no model to ask");
  std::vector<const candidate*> among;
  for (auto& x : candidates)
    if (x.worst_case <= lease && among.size() < most_looked_at)
      among.push_back(&x);
  terms by{check, weights_of(policy), enough, lease};
  std::optional<cascade> best;
  std::vector<const candidate*> row;
  // One alone first: it is only given up for what is worth more.
  look_further(row, 1, among, by, best);
  if (!best)
    return make_error(ec::budget_exceeded,
                      "one call could cost up to "
                        + costs::format_usd(candidates.front().worst_case)
                        + ", and " + costs::format_usd(lease)
                        + " was set aside; set more aside");
  if (policy.cascade.on && policy.cascade.longest > 1)
    look_further(row, policy.cascade.longest, among, by, best);
  best->why = why_cascade(*best);
  return std::move(*best);
}

} // namespace machine::models

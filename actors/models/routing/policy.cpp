#include "actors/models/routing/policy.hpp"

#include "actors/models/routing/wildcard.hpp"

#include <algorithm>
#include <cmath>

namespace machine::models {

namespace {

bool is_within(double x, double low, double high) {
  return x >= low && x <= high;
}

bool are_patterns(const std::vector<std::string>& xs) {
  return xs.size() <= max_patterns
      && std::all_of(xs.begin(), xs.end(), [](auto& x) {
           return !x.empty() && x.size() <= max_pattern_bytes
               && x.find_first_of(" \t\r\n\"'") == x.npos;
         });
}

bool matches_any(const std::vector<std::string>& patterns,
                 std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](auto& x) { return matches_wildcard(x, name); });
}

std::string list_of(const std::vector<std::string>& xs) {
  std::string result;
  for (auto& x : xs)
    result += (result.empty() ? "" : ", ") + x;
  return result;
}

caf::error complaint(const routing_policy& x, const std::string& what) {
  return make_error(ec::invalid_argument,
                    "the policy \"" + x.name + "\": " + what);
}

caf::error check_weights(const routing_policy& x) {
  auto y = weights_of(x);
  if (!is_within(y.quality, 0, max_weight) || !is_within(y.cost, 0, max_weight)
      || !is_within(y.latency, 0, max_weight))
    return complaint(x, "each of its weights must be from 0 to 1000");
  if (y.quality == 0 && y.cost == 0 && y.latency == 0)
    return complaint(x, "all of its weights are 0; set one of them");
  return {};
}

caf::error check_lists(const routing_policy& x) {
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {
    {"allowed_models", &x.allowed_models},
    {"denied_models", &x.denied_models},
    {"allowed_providers", &x.allowed_providers},
    {"denied_providers", &x.denied_providers},
    {"regions", &x.regions},
  };
  for (auto& [name, list] : lists)
    if (!are_patterns(*list))
      return complaint(x, std::string{name}
                            + " must be at most 100 names, each of 1 to 128 "
                              "bytes without spaces or quotes");
  return {};
}

} // namespace

caf::error check_policy(const routing_policy& x) {
  if (x.name.empty() || x.name.size() > max_pattern_bytes)
    return complaint(x, "its name must have 1 to 128 bytes");
  if (auto err = check_weights(x))
    return err;
  if (auto err = check_lists(x))
    return err;
  if (x.minimum_quality && !is_within(*x.minimum_quality, 0, 1))
    return complaint(x, "minimum_quality must be from 0 to 1");
  if (!is_within(x.exploration.share, 0, 1))
    return complaint(x, "exploration.share must be from 0 to 1");
  if (x.exploration.budget < 0 || x.exploration.budget > costs::max_amount)
    return complaint(x, "exploration.budget must be from $0 to a billion");
  if (x.exploration.window < min_exploration_window
      || x.exploration.window > max_exploration_window)
    return complaint(x, "exploration.window must be from a minute to 31 days");
  if (x.fallback.tries < 1 || x.fallback.tries > max_fallback_tries)
    return complaint(x, "fallback.tries must be from 1 to 10");
  if (x.fallback.deadline < min_call_deadline
      || x.fallback.deadline > max_call_deadline)
    return complaint(x, "fallback.deadline must be from a second to an hour");
  if (!is_within(x.hedging.quantile, 0.5, 0.999))
    return complaint(x, "hedging.quantile must be from 0.5 to 0.999");
  if (x.cascade.longest < 1 || x.cascade.longest > max_cascade)
    return complaint(x, "cascade.longest must be from 1 to 4");
  if (x.cache.semantic && !is_within(*x.cache.semantic, least_near, 1))
    return complaint(x, "cache.semantic must be from 0.5 to 1");
  if (x.cache.embedder.size() > max_pattern_bytes)
    return complaint(x, "cache.embedder must be a model of at most 128 bytes");
  return {};
}

utility_weights weights_of(const routing_policy& x) {
  if (x.weights)
    return *x.weights;
  switch (x.prefer) {
    case preference::cheap: return {0, 1, 0};
    case preference::fast: return {1, 0.03, 0.3};
    // What is as good as the best may still be cheaper.
    case preference::best: return {1, 0.005, 0.002};
    case preference::balanced: break;
  }
  return {1, 0.06, 0.04};
}

double utility(const utility_weights& by, double quality, micro_usd cost,
               duration latency) {
  auto paid = std::log10(
    1 + static_cast<double>(std::max<micro_usd>(cost, 0)) / cost_unit);
  auto waited = static_cast<double>(latency.count())
              / static_cast<double>(latency_unit.count());
  return by.quality * quality - by.cost * paid - by.latency * waited;
}

std::string forbidden_by(const routing_policy& policy, const model_entry& model,
                         const provider_entry& provider) {
  // Most models are not forbidden, and need no sentence.
  auto says = [&](const std::string& what) {
    return "the policy \"" + policy.name + "\" " + what;
  };
  if (matches_any(policy.denied_models, model.id))
    return says("denies it (denied_models)");
  if (matches_any(policy.denied_providers, model.provider))
    return says("denies its provider (denied_providers)");
  if (!policy.allowed_models.empty()
      && !matches_any(policy.allowed_models, model.id))
    return says("allows only " + list_of(policy.allowed_models));
  if (!policy.allowed_providers.empty()
      && !matches_any(policy.allowed_providers, model.provider))
    return says("allows only the providers "
                + list_of(policy.allowed_providers));
  if (provider.local)
    return {};
  if (policy.where == locality::local_only)
    return says("allows only local providers, and " + model.provider
                + " is none");
  auto is_near = std::any_of(
    provider.regions.begin(), provider.regions.end(),
    [&](auto& region) { return matches_any(policy.regions, region); });
  if (!policy.regions.empty() && !is_near)
    return says("allows only the regions " + list_of(policy.regions)
                + "; those of " + model.provider
                + (provider.regions.empty()
                     ? " are unknown (`regions` in the catalogue)"
                     : " are " + list_of(provider.regions)));
  if (policy.no_training && !provider.no_training)
    return says("allows only providers that train nothing with what they are "
                "sent; "
                + model.provider
                + " has not promised that (`no_training` in the catalogue)");
  if (policy.zero_retention && !provider.zero_retention)
    return says("allows only providers that keep nothing; " + model.provider
                + " has not promised that (`zero_retention` in the "
                  "catalogue)");
  return {};
}

} // namespace machine::models

#include "actors/models/routing/rank.hpp"

#include "actors/models/constraints.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace machine::models {

namespace {

/// A provider or model of which more calls fail is taken for one of which so
/// many do: who is that bad has a breaker.
constexpr double most_errors = 0.9;

struct ranked {
  candidate what;
  /// As drawn, for exploring.
  double drawn = 0;
  double drawn_utility = 0;
};

/// How long *x* cannot be asked yet; zero if it can.
duration held_up(const model_entry& x, const signals& now,
                 const learner& knows) {
  using std::chrono::ceil;
  duration result{0};
  if (auto i = now.providers.find(x.provider);
      i != now.providers.end() && i->second.paused_until)
    result = ceil<duration>(*i->second.paused_until - now.now);
  if (auto i = now.models.find(x.id); i != now.models.end()) {
    auto& state = i->second;
    if (state.broken_until)
      result = std::max(result, ceil<duration>(*state.broken_until - now.now));
    if (state.most_in_flight && state.in_flight >= *state.most_in_flight)
      result = std::max(result, expected_first_byte(knows, x.id));
  }
  return std::max(result, duration{0});
}

/// Leaves out what the policy forbids.
void forbid(selection_request& wish, const catalogue& from,
            const routing_policy& policy) {
  for (auto& [id, x] : from.models) {
    auto provider = from.providers.find(x.provider);
    if (provider == from.providers.end())
      continue;
    if (auto why = forbidden_by(policy, x, provider->second); !why.empty())
      wish.excluded.emplace(id, std::move(why));
  }
}

/// Leaves out what cannot be asked now; false if there is nothing.
bool leave_alone(selection_request& wish, const catalogue& from,
                 const signals& now) {
  auto any = false;
  for (auto& [name, x] : now.providers)
    if (x.paused_until && *x.paused_until > now.now + worth_waiting)
      any |=
        wish.unusable.emplace(name, "its provider asked for a pause").second;
  for (auto& [id, x] : now.models) {
    if (!from.models.contains(id))
      continue;
    if (x.broken_until && *x.broken_until > now.now)
      any |= wish.excluded
               .emplace(id, "it has failed too often of late, and is left "
                            "alone for a while")
               .second;
    if (x.most_in_flight && x.in_flight >= *x.most_in_flight)
      any |= wish.excluded
               .emplace(id, "it has as many calls under way as it may have")
               .second;
  }
  return any;
}

caf::expected<decision> admit_now(const catalogue& from,
                                  const selection_request& what,
                                  const learner& knows, const signals& now) {
  auto calm = what;
  auto held = leave_alone(calm, from, now);
  auto found = admit(from, calm);
  if (found || !held)
    return found;
  auto later = admit(from, what);
  if (!later)
    return found;
  auto shortest = duration::max();
  for (auto& x : later->candidates)
    shortest = std::min(shortest, held_up(from.models.at(x.model), now, knows));
  later->wait = shortest;
  return later;
}

duration latency_of(const model_entry& x, const learner& knows,
                    const signals& now, uint64_t tokens) {
  auto usual =
    static_cast<double>(expected_latency(knows, x.id, tokens).count());
  if (auto i = now.models.find(x.id); i != now.models.end()) {
    auto& state = i->second;
    // A call that fails is made again.
    usual /= 1 - std::clamp(state.error_rate, 0.0, most_errors);
    // As the line before a server grows with its load.
    if (state.most_in_flight && *state.most_in_flight > 0)
      usual /= 1
             - std::min(most_errors, static_cast<double>(state.in_flight)
                                       / *state.most_in_flight);
  }
  return held_up(x, now, knows) + duration{static_cast<int64_t>(usual)};
}

uint64_t hash_of(std::string_view text) {
  uint64_t x = 0xCBF2'9CE4'8422'2325;
  for (auto c : text)
    x = (x ^ static_cast<uint8_t>(c)) * 0x100'0000'01B3;
  return x;
}

ranked estimate(candidate x, const model_entry& model,
                const selection_request& wish, const utility_weights& weights,
                const learner& knows, const signals& now, uint64_t random) {
  auto quality =
    expected_quality(knows, model, wish.job, wish.estimated_tokens);
  auto tokens = expected_answer(knows, model.id, wish.job, x.max_output_tokens);
  auto cost = static_cast<double>(list_cost(model, wish, tokens))
            * expected_cost_ratio(knows, model.id);
  auto latency = latency_of(model, knows, now, tokens);
  x.quality = quality.mean();
  x.quality_deviation = quality.deviation();
  x.expected = std::min(
    x.worst_case, static_cast<micro_usd>(std::llround(std::min(cost, 1e15))));
  x.latency = latency;
  x.utility = utility(weights, x.quality, x.expected, latency);
  // What is drawn for a model depends on no other model.
  random_bits bits{random ^ hash_of(model.id)};
  ranked result{std::move(x)};
  result.drawn = quality.draw(bits);
  result.drawn_utility =
    utility(weights, result.drawn, result.what.expected, latency);
  return result;
}

/// Whether something of *quality* comes before something of *other*; none if
/// that is for the utility to say.
std::optional<bool> by_quality(double quality, double other, double enough) {
  if ((quality >= enough) != (other >= enough))
    return quality >= enough;
  if (quality < enough && quality != other)
    return quality > other;
  return std::nullopt;
}

bool is_better(const candidate& a, const candidate& b, double enough) {
  if (auto known = by_quality(a.quality, b.quality, enough))
    return *known;
  return std::tie(b.utility, a.expected, b.quality, a.model)
       < std::tie(a.utility, b.expected, a.quality, b.model);
}

bool is_better_as_drawn(const ranked& a, const ranked& b, double enough) {
  if (auto known = by_quality(a.drawn, b.drawn, enough))
    return *known;
  return std::tie(b.drawn_utility, a.what.expected, a.what.model)
       < std::tie(a.drawn_utility, b.what.expected, b.what.model);
}

std::string two_digits(double x) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", std::clamp(x, 0.0, 1.0));
  return text;
}

std::string in_seconds(duration x) {
  auto tenths = (x.count() + 50) / 100;
  return std::to_string(tenths / 10)
       + (tenths < 100 ? "." + std::to_string(tenths % 10) : "") + " s";
}

std::string merit_of(const candidate& x, const routing_policy& policy,
                     double enough) {
  if (x.quality < enough)
    return " is the best there is, though not good enough, for ";
  if (policy.weights)
    return " is worth most by the weights of the policy \"" + policy.name
         + "\" for ";
  switch (policy.prefer) {
    case preference::cheap: return " is the cheapest that is good enough for ";
    case preference::fast: return " is the best that is fast for ";
    case preference::best: return " is the best for ";
    case preference::balanced: break;
  }
  return " has the best balance of quality, cost and time for ";
}

std::string why_of(const decision& x, const selection_request& wish,
                   const routing_policy& policy, const std::string& usual) {
  auto& best = x.candidates.front();
  if (wish.pinned)
    return best.model + " was asked for";
  auto result = best.model;
  if (best.explored)
    result += " is tried instead of " + usual + " to learn how good it is at "
            + wish.job + ", for at most "
            + costs::format_usd(x.exploration_cost) + " more: quality ";
  else
    result +=
      merit_of(best, policy, wish.minimum_quality) + wish.job + ": quality ";
  return result + two_digits(best.quality) + ", give or take "
       + two_digits(best.quality_deviation) + "; expected to cost "
       + costs::format_usd(best.expected) + ", at most "
       + costs::format_usd(best.worst_case) + ", within "
       + in_seconds(best.latency.value_or(duration{0}));
}

/// The place of the model that is to be tried; 0 if none is.
size_t explore(const std::vector<ranked>& all, const routing_policy& policy,
               const signals& now, double enough, uint64_t random) {
  auto left = exploration_left(now.explored, policy.exploration, now.now);
  if (left <= 0 || random_bits{random}.unit() >= policy.exploration.share)
    return 0;
  auto drawn = std::min_element(all.begin(), all.end(),
                                [&](const ranked& a, const ranked& b) {
                                  return is_better_as_drawn(a, b, enough);
                                });
  auto more = drawn->what.expected - all.front().what.expected;
  return more <= left ? static_cast<size_t>(drawn - all.begin()) : 0;
}

} // namespace

model_signal signal_of(const breaker& x, const breaker_rule& rule,
                       timestamp now) {
  model_signal result;
  result.error_rate = error_rate(x, rule, now);
  auto copy = x;
  if (auto asked = may_call(copy, rule, now);
      asked.what == permission::kind::refused)
    result.broken_until = now + asked.wait;
  return result;
}

caf::expected<decision> rank(const catalogue& from,
                             const selection_request& what,
                             const routing_policy& policy, const learner& knows,
                             const signals& now, uint64_t random) {
  auto wish = what;
  wish.minimum_quality = policy.minimum_quality.value_or(what.minimum_quality);
  forbid(wish, from, policy);
  auto result = admit_now(from, wish, knows, now);
  if (!result)
    return result;
  auto weights = weights_of(policy);
  std::vector<ranked> all;
  all.reserve(result->candidates.size());
  for (auto& x : result->candidates) {
    auto& model = from.models.at(x.model);
    all.push_back(
      estimate(std::move(x), model, wish, weights, knows, now, random));
  }
  std::sort(all.begin(), all.end(), [&](const ranked& a, const ranked& b) {
    return is_better(a.what, b.what, wish.minimum_quality);
  });
  auto usual = all.front().what.model;
  auto tried =
    wish.pinned ? 0 : explore(all, policy, now, wish.minimum_quality, random);
  if (tried > 0) {
    auto more = all[tried].what.expected - all.front().what.expected;
    result->exploration_cost = std::max<micro_usd>(more, 0);
    all[tried].what.explored = true;
    std::rotate(all.begin(), all.begin() + static_cast<ptrdiff_t>(tried),
                all.begin() + static_cast<ptrdiff_t>(tried) + 1);
  }
  result->candidates.clear();
  for (auto& x : all)
    result->candidates.push_back(std::move(x.what));
  result->why = why_of(*result, wish, policy, usual);
  return result;
}

} // namespace machine::models

#include "actors/models/routing/replay.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace machine::models {

namespace {

/// How far off the length of an answer may be where nothing is known of the
/// lengths of a model's answers, as a part of it.
constexpr double unknown_length = 0.5;

/// What is estimated together is off together.
using cell = std::tuple<std::string, std::string, size_t>;

/// A side before its deviations are put together.
struct tally {
  replay_side sums;
  double quality = 0;
  double latency_ms = 0;
  std::map<cell, double> quality_off;
  std::map<cell, double> cost_off;
};

const log_sketch* lengths_of(const learner& knows, const std::string& model,
                             const std::string& job) {
  auto i = knows.models.find(model);
  if (i == knows.models.end())
    return nullptr;
  auto j = i->second.jobs.find(job);
  return j == i->second.jobs.end() || j->second.output_tokens.total() == 0
         ? nullptr
         : &j->second.output_tokens;
}

/// How much longer an answer is, and how far off that is, as a part of it.
struct length_ratio {
  double ratio = 1;
  double off = unknown_length;
};

/// The standard error of a mean length, as a part of it.
double error_of(const log_sketch& x) {
  return x.spread().value_or(0) / std::sqrt(static_cast<double>(x.total()));
}

length_ratio longer(const learner& knows, const std::string& model,
                    const std::string& than, const std::string& job) {
  auto* ours = lengths_of(knows, model, job);
  auto* theirs = lengths_of(knows, than, job);
  if (ours == nullptr || theirs == nullptr)
    return {};
  return {*ours->mean() / *theirs->mean(),
          std::hypot(error_of(*ours), error_of(*theirs))};
}

cell cell_of(const std::string& model, const routed_call& x) {
  return {model, x.needs.job, size_of_prompt(x.needs.estimated_tokens)};
}

void add_quality(tally& to, const learner& knows, const model_entry& model,
                 const routed_call& x) {
  auto guess =
    expected_quality(knows, model, x.needs.job, x.needs.estimated_tokens);
  to.quality += guess.mean();
  to.quality_off[cell_of(model.id, x)] += guess.deviation();
}

/// Counts the call as it was.
void add_known(tally& to, const learner& knows, const catalogue& from,
               const routed_call& x) {
  ++to.sums.chosen[x.seen.model];
  to.sums.cost += x.seen.cost;
  to.latency_ms +=
    static_cast<double>(x.seen.took.value_or(duration{0}).count());
  if (auto judged = reward_of(x.seen.verdict))
    to.quality += judged->value;
  else if (auto i = from.models.find(x.seen.model); i != from.models.end())
    add_quality(to, knows, i->second, x);
  else
    to.quality += 0.5;
}

/// Counts the call as *model* would probably have answered it.
void add_guess(tally& to, const learner& knows, const model_entry& model,
               const routed_call& x) {
  ++to.sums.chosen[model.id];
  add_quality(to, knows, model, x);
  auto answer = longer(knows, model.id, x.seen.model, x.needs.job);
  auto usage = x.usage;
  auto scale = [&](uint64_t& tokens) {
    tokens = static_cast<uint64_t>(static_cast<double>(tokens) * answer.ratio);
  };
  scale(usage.output);
  scale(usage.audio_output);
  scale(usage.reasoning);
  auto no_answer = usage;
  no_answer.output = no_answer.audio_output = 0;
  auto cost = costs::cost(*model.price, usage);
  auto of_answer = cost - costs::cost(*model.price, no_answer);
  to.sums.cost += cost;
  to.cost_off[cell_of(model.id, x)] +=
    static_cast<double>(of_answer) * answer.off;
  to.latency_ms += static_cast<double>(
    expected_latency(knows, model.id, answer_tokens(usage)).count());
}

double root_of_squares(const std::map<cell, double>& xs) {
  double sum = 0;
  for (auto& [where, x] : xs)
    sum += x * x;
  return std::sqrt(sum);
}

replay_side finish_side(tally& x, uint64_t calls) {
  auto n = static_cast<double>(std::max<uint64_t>(calls, 1));
  x.sums.quality = x.quality / n;
  x.sums.quality_deviation = root_of_squares(x.quality_off) / n;
  x.sums.cost_deviation =
    static_cast<micro_usd>(std::llround(root_of_squares(x.cost_off)));
  x.sums.latency = duration{static_cast<int64_t>(x.latency_ms / n)};
  return std::move(x.sums);
}

} // namespace

replay_report replay(const std::vector<routed_call>& calls,
                     const catalogue& from, const routing_policy& policy,
                     learner knows) {
  replay_report result;
  auto greedy = policy;
  greedy.exploration.on = false;
  tally was;
  tally would;
  for (auto& x : calls) {
    auto actual = from.models.find(x.seen.model);
    auto chosen = rank(from, x.needs, greedy, knows, {}, 0);
    if (!chosen) {
      if (result.refused++ == 0)
        result.first_refusal = message_of(chosen.error());
    } else {
      ++result.calls;
      add_known(was, knows, from, x);
      auto& best = chosen->candidates.front().model;
      if (best == x.seen.model) {
        add_known(would, knows, from, x);
      } else {
        ++result.changed;
        add_guess(would, knows, from.models.at(best), x);
      }
    }
    if (actual != from.models.end())
      observe(knows, actual->second, x.seen);
  }
  result.was = finish_side(was, result.calls);
  result.would = finish_side(would, result.calls);
  return result;
}

} // namespace machine::models

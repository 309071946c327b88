#include "tests/bench/models/world.hpp"

#include "actors/models/constraints.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace machine::bench {

namespace {

using models::random_bits;

constexpr const char* jobs[] = {"code", "debug", "plan", "extract", "chat"};
constexpr size_t job_count = 5;

/// How many of a hundred calls are of each kind.
constexpr uint64_t share_of_job[] = {25, 15, 10, 30, 20};

struct blueprint {
  const char* name;
  const char* provider;
  /// Dollars per million tokens.
  const char* input;
  const char* output;
  /// At what is easy for it, and what it loses at the hardest job.
  double quality;
  double hard;
  /// What it loses at the longest prompts.
  double long_prompts;
  double first_byte_ms;
  double tokens_per_second;
  /// Beside the mean of all.
  double verbosity;
};

constexpr blueprint blueprints[] = {
  {"titan", "north", "5.00", "25.00", 0.96, 0.03, 0.02, 1800, 45, 1.3},
  {"sonata", "north", "3.00", "15.00", 0.94, 0.06, 0.03, 1200, 70, 1.1},
  {"verse", "south", "1.25", "10.00", 0.92, 0.10, 0.05, 900, 90, 1.6},
  {"prose", "south", "0.75", "4.50", 0.88, 0.16, 0.08, 700, 120, 1.0},
  {"haiku", "north", "0.80", "4.00", 0.85, 0.20, 0.10, 500, 150, 0.7},
  {"draft", "east", "0.25", "1.20", 0.82, 0.30, 0.20, 600, 110, 1.0},
  {"sketch", "east", "0.10", "0.40", 0.74, 0.38, 0.25, 400, 180, 0.9},
  {"local", "here", "0.00", "0.00", 0.66, 0.45, 0.35, 300, 35, 1.2},
};

/// How hard each kind of job is, 0 to 1, and its usual answer in tokens.
constexpr double hardness[] = {0.7, 1.0, 0.8, 0.1, 0.3};
constexpr double usual_answer[] = {900, 700, 1'200, 250, 400};

/// How good the victim is while it is worse, beside what it was.
constexpr double degraded = 0.45;

double bounded(double quality) {
  return std::min(0.99, std::max(0.02, quality));
}

models::catalogue catalogue_of(const std::vector<std::vector<double>>& prior) {
  std::string text;
  for (auto* name : {"north", "south", "east", "here"})
    text += std::string{"[provider."} + name
          + "]\nprotocol = \"openai\"\nurl = \"http://127.0.0.1:1\"\n";
  for (size_t m = 0; m < std::size(blueprints); ++m) {
    auto& x = blueprints[m];
    text += std::string{"[model."} + x.name + "]\nprovider = \"" + x.provider
          + "\"\ncontext = 200000\nmax_output = 8192\nprice = { input = \""
          + x.input + "\", output = \"" + x.output + "\" }\nquality = {";
    auto sum = 0.0;
    for (size_t j = 0; j < job_count; ++j) {
      char item[64];
      std::snprintf(item, sizeof item, " %s = %.3f,", jobs[j], prior[m][j]);
      text += item;
      sum += prior[m][j];
    }
    char item[64];
    std::snprintf(item, sizeof item, " general = %.3f }\n", sum / job_count);
    text += item;
  }
  auto result = models::load_catalogue({}, text, "world.toml");
  if (!result) {
    std::fprintf(stderr, "%s\n", render(result.error()).c_str());
    std::abort();
  }
  return std::move(*result);
}

} // namespace

world::world(uint64_t seed, prior_kind kind) : seed_(seed) {
  random_bits bits{seed * 977 + 13};
  std::vector<std::vector<double>> prior;
  for (auto& x : blueprints) {
    names_.emplace_back(x.name);
    auto& quality = quality_.emplace_back();
    auto& length = length_.emplace_back();
    auto& guess = prior.emplace_back();
    for (size_t j = 0; j < job_count; ++j) {
      quality.push_back(
        bounded(x.quality - x.hard * hardness[j] + 0.06 * draw_normal(bits)));
      length.push_back(usual_answer[j] * x.verbosity
                       * std::exp(0.2 * draw_normal(bits)));
      // Benchmarks of vendors are kinder than one's own work.
      auto claim = bounded(quality.back() + 0.03 + 0.08 * draw_normal(bits));
      guess.push_back(kind == prior_kind::vendors ? claim : 0.75);
    }
  }
  known_ = catalogue_of(prior);
  std::map<std::string, size_t> wins;
  for (size_t i = 0; i < 500; ++i) {
    auto asked = call(i);
    std::string best;
    auto most = -1e9;
    for (auto& name : names_)
      if (auto x = worth({}, truth(name, asked, i)); x > most) {
        most = x;
        best = name;
      }
    ++wins[best];
  }
  for (auto& [name, n] : wins)
    if (victim_.empty() || n > wins[victim_])
      victim_ = name;
}

world_call world::call(size_t i) const {
  random_bits bits{seed_ * 1'000'003 + i};
  auto pick = bits.next() % 100;
  size_t job = 0;
  while (pick >= share_of_job[job])
    pick -= share_of_job[job++];
  world_call result;
  result.needs.job = jobs[job];
  // From some hundreds of tokens to some tens of thousands.
  auto tokens = std::exp(7.5 + 1.3 * draw_normal(bits));
  result.needs.estimated_tokens =
    static_cast<uint64_t>(std::min(std::max(tokens, 100.0), 150'000.0));
  result.needs.prompt_tokens = result.needs.estimated_tokens * 2;
  result.needs.max_output_tokens = 4'096;
  result.prompt_tokens =
    static_cast<uint64_t>(static_cast<double>(result.needs.estimated_tokens)
                          * std::exp(0.1 * draw_normal(bits)));
  return result;
}

size_t world::index_of(const std::string& model) const {
  for (size_t m = 0; m < names_.size(); ++m)
    if (names_[m] == model)
      return m;
  return 0;
}

double world::quality_of(size_t model, size_t job, uint64_t tokens) const {
  auto length = std::min(1.0, static_cast<double>(tokens) / 64'000);
  return bounded(quality_[model][job]
                 - blueprints[model].long_prompts * std::sqrt(length));
}

world_truth world::truth(const std::string& model, const world_call& x,
                         size_t i) const {
  auto m = index_of(model);
  size_t job = 0;
  while (x.needs.job != jobs[job])
    ++job;
  world_truth result;
  result.quality = quality_of(m, job, x.needs.estimated_tokens);
  if (model == victim_ && i >= degrades_at && i < recovers_at)
    result.quality *= degraded;
  auto tokens = length_[m][job];
  result.cost =
    list_cost(known_.models.at(model), x.needs, static_cast<uint64_t>(tokens));
  result.latency = duration{
    static_cast<int64_t>(blueprints[m].first_byte_ms
                         + tokens * 1'000 / blueprints[m].tokens_per_second)};
  return result;
}

models::observation world::answer(const std::string& model, const world_call& x,
                                  size_t i) const {
  auto m = index_of(model);
  // Whoever asks the same model in the same call gets the same answer.
  random_bits bits{(seed_ << 32) ^ (i * 64 + m)};
  auto expected = truth(model, x, i);
  size_t job = 0;
  while (x.needs.job != jobs[job])
    ++job;
  auto noise = [&](double spread) {
    return std::exp(spread * draw_normal(bits) - spread * spread / 2);
  };
  models::observation result;
  result.model = model;
  result.job = x.needs.job;
  result.prompt_tokens = x.needs.estimated_tokens;
  auto good = bits.unit() < expected.quality;
  // Most work is tested; people look at some of the rest.
  auto judged = bits.unit();
  if (judged < 0.7)
    result.verdict.tests_passed = good;
  else if (judged < 0.8)
    result.verdict.accepted = good;
  auto tokens = std::min(4'096.0, length_[m][job] * noise(0.5));
  result.output_tokens = static_cast<uint64_t>(tokens);
  auto first = blueprints[m].first_byte_ms * noise(0.4);
  result.first_byte = duration{static_cast<int64_t>(first)};
  result.took = duration{static_cast<int64_t>(
    first + tokens * 1'000 / (blueprints[m].tokens_per_second * noise(0.2)))};
  auto& entry = known_.models.at(model);
  result.cost =
    costs::worst_case(*entry.price, x.prompt_tokens, *result.output_tokens);
  result.listed = list_cost(entry, x.needs, *result.output_tokens);
  return result;
}

double worth(const models::routing_policy& policy, const world_truth& truth) {
  return utility(weights_of(policy), truth.quality, truth.cost, truth.latency);
}

} // namespace machine::bench

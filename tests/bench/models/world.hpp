#pragma once

#include "actors/models/routing/rank.hpp"

/// A made-up world of models, of which everything is known: to see what the
/// choice of models loses for not knowing it.
namespace machine::bench {

/// What is asked in one call.
struct world_call {
  models::selection_request needs;
  /// Tokens of the prompt that are counted in the end.
  uint64_t prompt_tokens = 0;
};

/// What a model is really like for calls of one kind.
struct world_truth {
  /// The probability that its answer is good.
  double quality = 0;
  /// The means.
  micro_usd cost = 0;
  duration latency{0};
};

/// When the best model gets worse, and when it recovers.
constexpr size_t degrades_at = 4'000;
constexpr size_t recovers_at = 8'000;
constexpr size_t calls_of_world = 10'000;

/// What the catalogue says of the quality of models.
enum class prior_kind {
  /// Something that is usually a little too kind, and at times far off.
  vendors,
  /// The same of all.
  nothing,
};

/// Eight models and five kinds of jobs. What models are good at, and how far
/// the catalogue is off, differs from seed to seed.
class world {
public:
  explicit world(uint64_t seed, prior_kind prior = prior_kind::vendors);

  const models::catalogue& known() const {
    return known_;
  }

  /// The ids of all models.
  const std::vector<std::string>& names() const {
    return names_;
  }

  /// The model that is worth most in the most calls until it gets worse.
  const std::string& victim() const {
    return victim_;
  }

  /// Call number *i*, the same for whoever answers it.
  world_call call(size_t i) const;

  /// What there is to know of *model* for *x* in call number *i*.
  world_truth truth(const std::string& model, const world_call& x,
                    size_t i) const;

  /// What *model* answers in call number *i*: what can be seen of it, which is
  /// noisy, and not always judged.
  models::observation answer(const std::string& model, const world_call& x,
                             size_t i) const;

private:
  struct model_truth;

  double quality_of(size_t model, size_t job, uint64_t tokens) const;
  size_t index_of(const std::string& model) const;

  uint64_t seed_;
  models::catalogue known_;
  std::vector<std::string> names_;
  /// By model and job.
  std::vector<std::vector<double>> quality_;
  /// Mean tokens of an answer, by model and job.
  std::vector<std::vector<double>> length_;
  std::string victim_;
};

/// What *truth* is worth under *policy*.
double worth(const models::routing_policy& policy, const world_truth& truth);

} // namespace machine::bench

#include "actors/models/routing/learner.hpp"

#include "actors/models/constraints.hpp"
#include "actors/models/routing/memory.hpp"
#include "actors/models/selector.hpp"

namespace machine::models {

namespace {

/// What is assumed of a model that nobody has asked yet, and how many calls
/// that counts for.
constexpr double usual_first_byte_ms = 1'000;
constexpr double usual_speed = 500;
constexpr double usual_ratio = 1'000;
constexpr double usual_strength = 2;

/// How many answers an assumption about their length counts for: first that of
/// a part of the bound, then that a model is as wordy as the others.
constexpr double length_strength = 4;

/// Answers that are shorter say little of how fast tokens come.
constexpr uint64_t least_tokens_for_speed = 16;

/// The name under which *job* is kept.
std::string kept_name(const std::string& job) {
  return job.empty() || job.size() > max_learned_name ? "general" : job;
}

const model_record* record_of(const learner& by, const std::string& model) {
  auto i = by.models.find(model);
  return i == by.models.end() ? nullptr : &i->second;
}

/// What is known of a model in a kind of job, as of now.
struct job_knowledge {
  double prior = 0;
  /// Of prompts of this size, and of all others.
  memories own;
  memories others;
  /// Of other kinds of jobs.
  surprise elsewhere;
};

job_knowledge knowledge_of(const learner& by, const model_entry& of,
                           const std::string& job, size_t size) {
  job_knowledge result;
  result.prior = within_reason(quality_of(of, job));
  auto* known = record_of(by, of.id);
  if (known == nullptr)
    return result;
  auto all = as_of(known->all, by.outcomes);
  auto i = known->jobs.find(job);
  if (i != known->jobs.end()) {
    auto own = as_of(i->second.own, by.outcomes);
    all = {all.general - own.general, all.recent - own.recent};
    auto now = outcomes_of(by, job);
    for (size_t j = 0; j < i->second.by_size.size(); ++j) {
      auto part = as_of(i->second.by_size[j], now);
      auto& to = j == size ? result.own : result.others;
      to = {to.lasting + part.lasting, to.recent + part.recent};
    }
  }
  result.elsewhere = all.recent;
  result.prior = within_reason(result.prior + kinship * shift_of(all.general));
  return result;
}

/// What is usual for prompts of all other sizes, and for those of this one.
struct usual_quality {
  double others = 0;
  double own = 0;
};

usual_quality usual_of(const job_knowledge& x) {
  usual_quality result;
  result.others = mean_of(x.prior, x.others.lasting - x.others.recent);
  result.own = mean_of(result.others, x.own.lasting - x.own.recent);
  return result;
}

void count(evidence& to, uint64_t now, double half_life, const reward& x) {
  to = as_of(to, now, half_life);
  to.good += x.mass * x.value;
  to.bad += x.mass * (1 - x.value);
}

void count(surprise& to, uint64_t now, double half_life, const reward& x,
           double expected) {
  to = as_of(to, now, half_life);
  to.sum += x.mass * (x.value - expected);
  to.mass += x.mass;
}

void count_times(model_record& to, const observation& what) {
  if (what.first_byte)
    to.first_byte.add(static_cast<double>(what.first_byte->count()));
  if (!what.output_tokens || !what.took
      || *what.output_tokens < least_tokens_for_speed)
    return;
  auto streamed = *what.took - what.first_byte.value_or(duration{0});
  if (streamed.count() > 0)
    to.speed.add(static_cast<double>(*what.output_tokens) * 10'000
                 / static_cast<double>(streamed.count()));
}

/// *learned*, with what is assumed counting for some calls. On a logarithmic
/// scale: a factor of ten up weighs as much as one down.
double blend(const log_sketch& learned, double q, double assumed) {
  auto found = learned.quantile(q);
  if (!found)
    return assumed;
  auto n = static_cast<double>(learned.total());
  return std::exp((n * std::log(*found) + usual_strength * std::log(assumed))
                  / (n + usual_strength));
}

/// The mean of *learned*, with what is assumed counting for some answers.
double blend_length(const log_sketch& learned, double assumed) {
  auto n = static_cast<double>(learned.total());
  return (length_strength * assumed + n * learned.mean().value_or(0))
       / (length_strength + n);
}

} // namespace

size_t size_of_prompt(uint64_t tokens) {
  size_t result = 0;
  while (result < size_bounds.size() && tokens > size_bounds[result])
    ++result;
  return result;
}

double quality_estimate::deviation() const {
  auto all = alpha + beta;
  return std::sqrt(alpha * beta / (all * all * (all + 1)));
}

quality_estimate expected_quality(const learner& by, const model_entry& of,
                                  const std::string& job,
                                  uint64_t prompt_tokens) {
  auto known =
    knowledge_of(by, of, kept_name(job), size_of_prompt(prompt_tokens));
  auto usual = usual_of(known);
  auto& own = known.own.recent;
  auto& near = known.others.recent;
  auto old_near = known.others.lasting - near;
  auto old = known.own.lasting - own + old_near;
  auto shift = kinship * shift_of(known.elsewhere);
  // How much other sizes have changed of late.
  auto drift = mean_of(within_reason(usual.others + shift), near,
                       grip_of(usual.others, old_near, near))
             - usual.others;
  auto prior = within_reason(usual.own + drift);
  auto strength = grip_of(usual.own, old, own);
  auto mean = within_reason(mean_of(prior, own, strength));
  strength += mass_of(own);
  return {strength * mean, strength * (1 - mean)};
}

void observe(learner& by, const model_entry& of, const observation& what) {
  observe(by, of, what, by);
}

void observe(learner& by, const model_entry& of, const observation& what,
             const learner& usual) {
  auto job = kept_name(what.job);
  auto gained = reward_of(what.verdict);
  auto size = size_of_prompt(what.prompt_tokens);
  auto expected = usual_of(knowledge_of(usual, of, job, size)).own;
  if (!by.models.contains(of.id) && by.models.size() >= max_learned_models)
    forget_oldest_model(by);
  auto& known = by.models[of.id];
  known.used = by.outcomes;
  count_times(known, what);
  if (what.listed && *what.listed > 0)
    known.cost_ratio.add(static_cast<double>(std::max<micro_usd>(what.cost, 0))
                         * 1'000 / static_cast<double>(*what.listed));
  if (!gained && !what.output_tokens)
    return;
  if (!by.jobs.contains(job) && by.jobs.size() >= max_learned_jobs)
    forget_rarest_job(by);
  auto& history = by.jobs[job];
  auto& record = known.jobs[job];
  if (what.output_tokens) {
    auto tokens = static_cast<double>(*what.output_tokens);
    history.output_tokens.add(tokens);
    record.output_tokens.add(tokens);
  }
  if (!gained)
    return;
  auto now = ++history.outcomes;
  known.used = ++by.outcomes;
  for (auto* to : {&known.all, &record.own}) {
    count(to->general, by.outcomes, lasting_half_life, *gained,
          quality_of(of, job));
    count(to->recent, by.outcomes, surprise_half_life, *gained, expected);
  }
  count(record.by_size[size].lasting, now, lasting_half_life, *gained);
  count(record.by_size[size].recent, now, recent_half_life, *gained);
}

uint64_t expected_answer(const learner& by, const std::string& model,
                         const std::string& job, uint64_t bound) {
  auto tokens = static_cast<double>(bound) / usual_share_of_answer;
  auto name = kept_name(job);
  if (auto i = by.jobs.find(name); i != by.jobs.end()) {
    tokens = blend_length(i->second.output_tokens, tokens);
    if (auto* known = record_of(by, model))
      if (auto j = known->jobs.find(name); j != known->jobs.end())
        tokens = blend_length(j->second.output_tokens, tokens);
  }
  return std::min(bound, static_cast<uint64_t>(tokens));
}

double expected_cost_ratio(const learner& by, const std::string& model) {
  auto* known = record_of(by, model);
  return known == nullptr ? 1
                          : blend(known->cost_ratio, 0.5, usual_ratio) / 1'000;
}

duration expected_first_byte(const learner& by, const std::string& model,
                             double q) {
  auto* known = record_of(by, model);
  return duration{static_cast<int64_t>(
    known == nullptr ? usual_first_byte_ms
                     : blend(known->first_byte, q, usual_first_byte_ms))};
}

duration expected_latency(const learner& by, const std::string& model,
                          uint64_t answer_tokens) {
  auto* known = record_of(by, model);
  auto speed =
    known == nullptr ? usual_speed : blend(known->speed, 0.5, usual_speed);
  auto streaming = static_cast<double>(answer_tokens) * 10'000 / speed;
  return expected_first_byte(by, model)
       + duration{static_cast<int64_t>(streaming)};
}

} // namespace machine::models

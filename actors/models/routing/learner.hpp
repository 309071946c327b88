#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/routing/log_sketch.hpp"
#include "actors/models/routing/outcome.hpp"
#include "actors/models/routing/random_bits.hpp"
#include "runtime/wire/codec.hpp"

namespace machine::models {

/// What is learned from outcomes: how good each model is at each kind of job,
/// how long its answers are, how fast they come, and how far the estimate of
/// their cost is off.
///
/// Quality has two memories. The *lasting* one knows what a model usually is
/// worth, for prompts of each size; its prior is the catalogue's quality,
/// counted as `prior_strength` outcomes. The *recent* one forgets by half every
/// `recent_half_life` outcomes of its kind of job, whichever model they came
/// from, and its prior is what is usual: so a model that gets worse is left
/// within some dozens of its answers, and a model that has not been asked for
/// long is taken for what it usually is, and may be asked again. That is
/// discounted Thompson sampling (Raj and Kalyani, 2017) with a prior that
/// learns. No outcome counts twice: what is usual is told by what the recent
/// memory has begun to forget.
///
/// Prompts of one size learn from those of others, and what surprises in one
/// kind of job is half expected in others.
///
/// Pure: no clock; age is counted in outcomes.

/// How many outcomes the prior of an estimate counts for.
constexpr double prior_strength = 20;

/// How much more what is usual counts beside recent outcomes, at most, while
/// those are such as chance brings about: else each bad streak would cost a
/// good model its place.
constexpr double lasting_strength = 160;

/// In outcomes of the same kind of job, from any model.
constexpr double recent_half_life = 40;
constexpr double lasting_half_life = 2'000;

/// In outcomes of any kind.
constexpr double surprise_half_life = 300;

/// What part of what surprises in one kind of job is expected in others.
constexpr double kinship = 0.5;

/// Bounds on what is remembered.
constexpr size_t max_learned_models = 256;
constexpr size_t max_learned_jobs = 32;
constexpr size_t max_learned_name = 128;

/// Where one size of prompt ends and the next begins, in tokens.
constexpr std::array<uint64_t, 3> size_bounds{1'000, 8'000, 64'000};

/// The number of the size of a prompt, from 0.
size_t size_of_prompt(uint64_t tokens);

/// Counts of outcomes, as they were at the time *at*.
struct evidence {
  double good = 0;
  double bad = 0;
  uint64_t at = 0;

  static constexpr const char* wire_name = "evidence";

  static constexpr auto fields() {
    return wire::members(wire::field{"good", &evidence::good},
                         wire::field{"bad", &evidence::bad},
                         wire::field{"at", &evidence::at});
  }

  bool operator==(const evidence&) const = default;
};

/// How far outcomes were from what was expected, as it was at the time *at*.
struct surprise {
  double sum = 0;
  double mass = 0;
  uint64_t at = 0;

  static constexpr const char* wire_name = "surprise";

  static constexpr auto fields() {
    return wire::members(wire::field{"sum", &surprise::sum},
                         wire::field{"mass", &surprise::mass},
                         wire::field{"at", &surprise::at});
  }

  bool operator==(const surprise&) const = default;
};

/// Outcomes for prompts of one size, in both memories.
struct memories {
  evidence lasting;
  evidence recent;

  static constexpr const char* wire_name = "memories";

  static constexpr auto fields() {
    return wire::members(wire::field{"lasting", &memories::lasting},
                         wire::field{"recent", &memories::recent});
  }

  bool operator==(const memories&) const = default;
};

/// What is not as it was expected. Times are outcomes of any kind.
struct surprises {
  /// Beside the catalogue's quality, in the long run.
  surprise general;
  /// Beside what is usual, of late.
  surprise recent;

  static constexpr const char* wire_name = "surprises";

  static constexpr auto fields() {
    return wire::members(wire::field{"general", &surprises::general},
                         wire::field{"recent", &surprises::recent});
  }

  bool operator==(const surprises&) const = default;
};

/// A model in one kind of job.
struct job_record {
  /// Times are outcomes of that kind.
  std::array<memories, size_bounds.size() + 1> by_size;
  /// Its part of those of the model.
  surprises own;
  log_sketch output_tokens;

  static constexpr const char* wire_name = "job_record";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"by_size", &job_record::by_size},
      wire::field{"own", &job_record::own},
      wire::field{"output_tokens", &job_record::output_tokens});
  }

  bool operator==(const job_record&) const = default;
};

/// A model.
struct model_record {
  /// In all kinds of jobs.
  surprises all;
  /// Until an answer begins, in milliseconds.
  log_sketch first_byte;
  /// Tokens of an answer for each ten seconds.
  log_sketch speed;
  /// What calls cost, in thousandths of `observation::listed`.
  log_sketch cost_ratio;
  std::map<std::string, job_record> jobs;
  /// When it was heard of last.
  uint64_t used = 0;

  static constexpr const char* wire_name = "model_record";

  static constexpr auto fields() {
    return wire::members(wire::field{"all", &model_record::all},
                         wire::field{"first_byte", &model_record::first_byte},
                         wire::field{"speed", &model_record::speed},
                         wire::field{"cost_ratio", &model_record::cost_ratio},
                         wire::field{"jobs", &model_record::jobs},
                         wire::field{"used", &model_record::used});
  }

  bool operator==(const model_record&) const = default;
};

/// A kind of job, whichever model did it.
struct job_history {
  /// Outcomes so far: the clock of what is kept of it.
  uint64_t outcomes = 0;
  log_sketch output_tokens;

  static constexpr const char* wire_name = "job_history";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"outcomes", &job_history::outcomes},
      wire::field{"output_tokens", &job_history::output_tokens});
  }

  bool operator==(const job_history&) const = default;
};

/// All that has been learned; at most `max_learned_models` times
/// `max_learned_jobs` records of some 500 bytes.
struct learner {
  /// Outcomes so far, of any kind.
  uint64_t outcomes = 0;
  std::map<std::string, job_history> jobs;
  std::map<std::string, model_record> models;

  static constexpr const char* wire_name = "learner";

  static constexpr auto fields() {
    return wire::members(wire::field{"outcomes", &learner::outcomes},
                         wire::field{"jobs", &learner::jobs},
                         wire::field{"models", &learner::models});
  }

  bool operator==(const learner&) const = default;
};

/// What a call has shown; what is not known (yet) is none, so that a call may
/// be told of several times, each time with what is new.
struct observation {
  std::string model;
  /// What is empty, or longer than `max_learned_name`, is `general`.
  std::string job = "general";
  /// As estimated before the call.
  uint64_t prompt_tokens = 0;
  answer_verdict verdict;
  /// Until the answer began, and until it was whole.
  std::optional<duration> first_byte;
  std::optional<duration> took;
  std::optional<uint64_t> output_tokens;
  micro_usd cost = 0;
  /// What `list_cost` gives for the prompt as it was estimated and an answer as
  /// long as it was; none: the cost says nothing.
  std::optional<micro_usd> listed;

  static constexpr const char* wire_name = "observation";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"model", &observation::model},
      wire::field{"job", &observation::job},
      wire::field{"prompt_tokens", &observation::prompt_tokens},
      wire::field{"verdict", &observation::verdict},
      wire::field{"first_byte", &observation::first_byte},
      wire::field{"took", &observation::took},
      wire::field{"output_tokens", &observation::output_tokens},
      wire::field{"cost", &observation::cost},
      wire::field{"listed", &observation::listed});
  }

  bool operator==(const observation&) const = default;
};

/// A beta distribution.
struct quality_estimate {
  double alpha = 1;
  double beta = 1;

  double mean() const {
    return alpha / (alpha + beta);
  }

  double deviation() const;

  double draw(random_bits& from) const {
    return draw_beta(alpha, beta, from);
  }
};

/// Learns from *what*, a call to the model *of*.
void observe(learner& by, const model_entry& of, const observation& what);

/// The same for a learner that holds only what is new and is merged into others
/// later: what surprises is judged by *usual*, which knows more.
void observe(learner& by, const model_entry& of, const observation& what,
             const learner& usual);

/// How good *of* is expected to be at *job*.
/// @param prompt_tokens As estimated.
quality_estimate expected_quality(const learner& by, const model_entry& of,
                                  const std::string& job,
                                  uint64_t prompt_tokens);

/// How many tokens the answer of *model* probably has, at most *bound*.
uint64_t expected_answer(const learner& by, const std::string& model,
                         const std::string& job, uint64_t bound);

/// What part of `list_cost` a call to *model* probably costs.
double expected_cost_ratio(const learner& by, const std::string& model);

/// Within which time the part *q* of answers of *model* begins.
duration expected_first_byte(const learner& by, const std::string& model,
                             double q = 0.5);

/// When an answer of so many tokens is probably whole.
duration expected_latency(const learner& by, const std::string& model,
                          uint64_t answer_tokens);

/// What *a* and *b* have learned together; neither may hold what the other
/// holds already. In any order and grouping it is the same but for rounding.
learner merge(const learner& a, const learner& b);

/// `invalid_argument` if *x*, which came from elsewhere, is no learner.
caf::error check_learner(const learner& x);

} // namespace machine::models

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::models::learner>;
extern template struct machine::wire::message_codec<machine::models::learner>;
extern template struct machine::wire::codec<machine::models::observation>;
extern template struct machine::wire::message_codec<
  machine::models::observation>;

#pragma once

#include "actors/models/routing/learner.hpp"

#include <algorithm>
#include <cmath>

/// How evidence ages. Only for the `.cpp` files of this folder.
namespace machine::models {

/// The part that is left at *now* of what was counted at *at*.
inline double kept(uint64_t at, uint64_t now, double half_life) {
  return at >= now ? 1 : std::exp2(-static_cast<double>(now - at) / half_life);
}

inline evidence as_of(const evidence& x, uint64_t now, double half_life) {
  auto part = kept(x.at, now, half_life);
  return {x.good * part, x.bad * part, now};
}

inline surprise as_of(const surprise& x, uint64_t now, double half_life) {
  auto part = kept(x.at, now, half_life);
  return {x.sum * part, x.mass * part, now};
}

inline evidence operator+(const evidence& a, const evidence& b) {
  return {a.good + b.good, a.bad + b.bad, a.at};
}

/// *a* without *b*, which is a part of it but for rounding.
inline evidence operator-(const evidence& a, const evidence& b) {
  return {std::max(0.0, a.good - b.good), std::max(0.0, a.bad - b.bad), a.at};
}

inline surprise operator-(const surprise& a, const surprise& b) {
  return {a.sum - b.sum, std::max(0.0, a.mass - b.mass), a.at};
}

/// Both memories as they are at *now*.
inline memories as_of(const memories& x, uint64_t now) {
  return {as_of(x.lasting, now, lasting_half_life),
          as_of(x.recent, now, recent_half_life)};
}

inline surprises as_of(const surprises& x, uint64_t now) {
  return {as_of(x.general, now, lasting_half_life),
          as_of(x.recent, now, surprise_half_life)};
}

/// Within what a quality can be expected to be: nobody is sure of anything.
inline double within_reason(double quality) {
  return std::clamp(quality, 0.005, 0.995);
}

inline double mass_of(const evidence& x) {
  return x.good + x.bad;
}

/// The mean of a beta distribution whose prior has the mean *prior*.
inline double mean_of(double prior, const evidence& x,
                      double strength = prior_strength) {
  return (strength * prior + x.good) / (strength + mass_of(x));
}

/// How many outcomes what is usual counts for beside recent ones. As long as
/// those are such as chance brings about, it is as many as it rests on; the
/// less likely they are, the less it counts, down to a prior.
inline double grip_of(double usual, const evidence& old,
                      const evidence& recent) {
  auto n = mass_of(recent);
  auto off = recent.good - n * usual;
  auto chance = n * usual * (1 - usual);
  auto fits = chance > 0 ? std::exp(-off * off / chance / 2) : 1;
  return prior_strength + fits * std::min(lasting_strength, mass_of(old));
}

/// How much is to be added to an expectation.
inline double shift_of(const surprise& x) {
  return x.sum / (x.mass + prior_strength);
}

/// The clock of *job*.
inline uint64_t outcomes_of(const learner& x, const std::string& job) {
  auto i = x.jobs.find(job);
  return i == x.jobs.end() ? 0 : i->second.outcomes;
}

/// Forgets the kind of job that has been seen least: who makes names up crowds
/// out what others have made up.
inline void forget_rarest_job(learner& x) {
  auto rarest =
    std::min_element(x.jobs.begin(), x.jobs.end(), [](auto& a, auto& b) {
      return a.second.outcomes < b.second.outcomes;
    });
  for (auto& [id, record] : x.models)
    record.jobs.erase(rarest->first);
  x.jobs.erase(rarest);
}

/// Forgets the model that nothing has been heard of for longest.
inline void forget_oldest_model(learner& x) {
  x.models.erase(
    std::min_element(x.models.begin(), x.models.end(), [](auto& a, auto& b) {
      return a.second.used < b.second.used;
    }));
}

} // namespace machine::models

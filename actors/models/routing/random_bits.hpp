#pragma once

#include <cstdint>

namespace machine::models {

/// As many random bits as somebody needs, made from 64 that were given, by
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014): the same seed gives the same draws, so that a choice can
/// be repeated from what was recorded.
class random_bits {
public:
  explicit random_bits(uint64_t seed) : state_(seed) {}

  uint64_t next();

  /// A number in (0, 1): never 0, so that it has a logarithm.
  double unit();

private:
  uint64_t state_;
};

/// A draw from the normal distribution of mean 0 and variance 1.
double draw_normal(random_bits& from);

/// A draw from the gamma distribution of scale 1, *shape* > 0, after Marsaglia
/// and Tsang: "A simple method for generating gamma variables", 2000.
double draw_gamma(double shape, random_bits& from);

/// A draw from the beta distribution, *alpha* and *beta* > 0: from 0 to 1.
double draw_beta(double alpha, double beta, random_bits& from);

} // namespace machine::models

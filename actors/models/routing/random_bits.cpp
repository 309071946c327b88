#include "actors/models/routing/random_bits.hpp"

#include <cmath>
#include <numbers>

namespace machine::models {

namespace {

/// Rounds after which the mean is taken; each is accepted with a probability of
/// more than 0.95, so that it never comes to that.
constexpr int max_rounds = 64;

} // namespace

uint64_t random_bits::next() {
  state_ += 0x9E37'79B9'7F4A'7C15;
  auto x = state_;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EB;
  return x ^ (x >> 31);
}

double random_bits::unit() {
  return (static_cast<double>(next() >> 12) + 0.5) * 0x1.0p-52;
}

double draw_normal(random_bits& from) {
  auto radius = std::sqrt(-2 * std::log(from.unit()));
  return radius * std::cos(2 * std::numbers::pi * from.unit());
}

double draw_gamma(double shape, random_bits& from) {
  if (shape < 1) {
    auto boost = std::pow(from.unit(), 1 / shape);
    return draw_gamma(shape + 1, from) * boost;
  }
  auto d = shape - 1.0 / 3;
  auto c = 1 / std::sqrt(9 * d);
  for (auto round = 0; round < max_rounds; ++round) {
    auto x = draw_normal(from);
    auto t = 1 + c * x;
    auto u = from.unit();
    if (t <= 0)
      continue;
    auto v = t * t * t;
    if (std::log(u) < x * x / 2 + d - d * v + d * std::log(v))
      return d * v;
  }
  return d;
}

double draw_beta(double alpha, double beta, random_bits& from) {
  auto a = draw_gamma(alpha, from);
  auto b = draw_gamma(beta, from);
  // Both can underflow if both shapes are tiny.
  return a + b > 0 ? a / (a + b) : alpha / (alpha + beta);
}

} // namespace machine::models

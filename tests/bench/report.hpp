#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

/// How programs that measure sum up and tell.
namespace machine::bench {

using clock = std::chrono::steady_clock;

inline double seconds(clock::duration x) {
  return std::chrono::duration<double>(x).count();
}

/// The value below which the part *q* of *xs* lies, 0 to 1. *xs* has at least
/// one value.
inline double quantile(std::vector<double> xs, double q) {
  auto i = static_cast<size_t>(q * static_cast<double>(xs.size() - 1));
  auto at = xs.begin() + static_cast<std::ptrdiff_t>(i);
  std::nth_element(xs.begin(), at, xs.end());
  return *at;
}

inline double median(std::vector<double> xs) {
  return quantile(std::move(xs), 0.5);
}

/// `0.91 (0.85 to 0.97 in 21 rounds)`: the median and the extremes.
inline std::string spread(const std::vector<double>& xs, int digits) {
  auto [low, high] = std::minmax_element(xs.begin(), xs.end());
  char text[128];
  std::snprintf(text, sizeof text, "%.*f (%.*f to %.*f in %zu rounds)", digits,
                median(xs), digits, *low, digits, *high, xs.size());
  return text;
}

/// Prints a line of its own for what was measured in many rounds.
inline void report(const char* what, const std::vector<double>& xs, int digits,
                   const char* unit = "") {
  std::printf("%-46s %s%s%s\n", what, spread(xs, digits).c_str(),
              *unit == '\0' ? "" : " ", unit);
}

/// What a median should be.
struct goal {
  enum class side { at_least, below };
  side must_be;
  double bound;
};

/// Prints whether the median of *xs* is as it should be. A goal that is missed
/// is for people to judge: other programs, or the disk, may have been slow.
inline void judge(const std::vector<double>& xs, const goal& wanted,
                  const char* unit = "") {
  auto at_least = wanted.must_be == goal::side::at_least;
  auto value = median(xs);
  auto met = at_least ? value >= wanted.bound : value < wanted.bound;
  std::printf("  goal: %s %g%s%s, %s\n", at_least ? "at least" : "below",
              wanted.bound, *unit == '\0' ? "" : " ", unit,
              met ? "met" : "MISSED");
}

/// Says so if the numbers mean little.
inline void warn_of_slow_build() {
#ifndef __OPTIMIZE__
  std::puts("This is a build without optimisation: the numbers mean little.");
#endif
}

/// Ends the program, which cannot measure any more.
[[noreturn]] inline void give_up(const std::string& why) {
  std::fflush(stdout);
  std::fprintf(stderr, "cannot measure: %s\n", why.c_str());
  std::_Exit(1);
}

} // namespace machine::bench

#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

/// Draws of a property that are as wide in its first try as in its last:
/// RapidCheck's own begin with small numbers, and few of them.
namespace machine::test {

/// A number from *low* to *high* - 1.
template <class T>
T draw(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, high));
}

/// True once in *n* times.
inline bool chance(int n) {
  return draw(0, n) == 0;
}

/// One of *these*.
inline std::string draw_text(const std::vector<std::string>& these) {
  return these[draw<size_t>(0, these.size())];
}

} // namespace machine::test

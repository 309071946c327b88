#pragma once

#include <string>
#include <utility>

namespace machine::sim {

/// A rule that did not hold: thrown, for nothing goes on after it.
struct violation {
  /// Its name, in a few words that are always the same.
  std::string rule;
  std::string what;
};

[[noreturn]] inline void violate(std::string rule, std::string what) {
  throw violation{std::move(rule), std::move(what)};
}

/// @param what Called for the details if the rule does not hold.
template <class What>
void require(bool holds, const char* rule, What what) {
  if (!holds)
    violate(rule, what());
}

} // namespace machine::sim

#pragma once

#include <cstdio>
#include <string>

inline int failures = 0;

/// Says what was expected and what came instead, and remembers it.
inline void check(const std::string& what, const std::string& expected,
                  const std::string& got) {
  if (expected == got)
    return;
  ++failures;
  std::printf("FAILED %s\n  expected \"%s\"\n  got      \"%s\"\n", what.c_str(),
              expected.c_str(), got.c_str());
}

/// The exit code of a test program.
inline int result() {
  return failures == 0 ? 0 : 1;
}

#pragma once

#include "runtime/types.hpp"

#include <string>
#include <vector>

namespace machine::sim {

/// What has happened, a line for each thing.
class trace {
public:
  void add(timestamp at, const char* who, const std::string& what) {
    auto us = (at.time_since_epoch() - std::chrono::hours{1}).count();
    auto ms = std::to_string(us / 1'000);
    std::string line(ms.size() < 9 ? 9 - ms.size() : 0, ' ');
    line += ms + " ms  " + who + "  ";
    line += what.size() > max_line ? what.substr(0, max_line) + "..." : what;
    lines_.push_back(std::move(line));
  }

  const std::vector<std::string>& lines() const {
    return lines_;
  }

private:
  static constexpr size_t max_line = 400;

  std::vector<std::string> lines_;
};

} // namespace machine::sim

#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace machine::tenants {

/// What somebody may do; each may do what those before it may.
enum class role : uint8_t {
  /// Look at things.
  viewer,
  /// Have work done: tasks, runs, answers.
  developer,
  /// Steer the work of others: limits, schedules, retention.
  operator_,
  /// Say who may do what.
  admin,
};

constexpr auto wire_names(role) {
  return std::array<std::pair<std::string_view, role>, 4>{{
    {"viewer", role::viewer},
    {"developer", role::developer},
    {"operator", role::operator_},
    {"admin", role::admin},
  }};
}

/// Whether somebody with *have* may do what *need* may.
constexpr bool covers(role have, role need) {
  return have >= need;
}

} // namespace machine::tenants

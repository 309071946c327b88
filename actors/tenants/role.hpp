#pragma once

#include "runtime/wire/describe.hpp"

#include <cstdint>

namespace machine::tenants {

/// What somebody may do. Each role may do all that the one before it may.
enum class role : uint8_t {
  /// Sees everything and changes nothing.
  viewer,
  /// Makes tasks and runs.
  developer,
  /// Keeps runs, schedules and deployments going. `operator` is a word of C++.
  operator_role,
  /// Says who may do what.
  admin,
};

constexpr auto wire_names(role) {
  return std::array<std::pair<std::string_view, role>, 4>{{
    {"viewer", role::viewer},
    {"developer", role::developer},
    {"operator", role::operator_role},
    {"admin", role::admin},
  }};
}

/// Whether who has *have* may do what needs *need*.
constexpr bool covers(role have, role need) {
  return have >= need;
}

} // namespace machine::tenants

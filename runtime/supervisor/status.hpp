#pragma once

#include "runtime/wire/describe.hpp"

#include <cstdint>
#include <string>

namespace machine::supervision {

/// How a child of a supervisor is.
struct child_status {
  std::string name;
  /// How often it was started again.
  uint64_t restarts = 0;
  /// False once its supervisor gave up.
  bool up = false;

  static constexpr const char* wire_name = "child_status";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &child_status::name},
                         wire::field{"restarts", &child_status::restarts},
                         wire::field{"up", &child_status::up});
  }

  bool operator==(const child_status&) const = default;
};

} // namespace machine::supervision

#pragma once

#include "runtime/wire/describe.hpp"

#include <cstdint>
#include <optional>

namespace machine::tenants {

/// What all principals of a tenant together may ask of the machine; none: as
/// much as it has. Each from 1 to 1,000,000.
struct tenant_limits {
  std::optional<uint32_t> requests_per_second;
  /// Requests that may come at once after a quiet time.
  std::optional<uint32_t> burst;
  /// Streams of events that may be open at one time.
  std::optional<uint32_t> streams;

  static constexpr const char* wire_name = "tenant_limits";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"requests_per_second", &tenant_limits::requests_per_second},
      wire::field{"burst", &tenant_limits::burst},
      wire::field{"streams", &tenant_limits::streams});
  }

  bool operator==(const tenant_limits&) const = default;
};

} // namespace machine::tenants

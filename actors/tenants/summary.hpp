#pragma once

#include "actors/tenants/state.hpp"

namespace machine::tenants {

/// A tenant as lists show it.
struct tenant_summary {
  std::string id;
  std::string name;
  tenant_status status = tenant_status::active;
  timestamp created_at{};
  uint64_t principals = 0;
  uint64_t issuers = 0;

  static constexpr const char* wire_name = "tenant_summary";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &tenant_summary::id},
                         wire::field{"name", &tenant_summary::name},
                         wire::field{"status", &tenant_summary::status},
                         wire::field{"created_at", &tenant_summary::created_at},
                         wire::field{"principals", &tenant_summary::principals},
                         wire::field{"issuers", &tenant_summary::issuers});
  }

  bool operator==(const tenant_summary&) const = default;
};

/// The row of the tenant *id*.
tenant_summary summary_of(const tenant_state& now, const std::string& id);

} // namespace machine::tenants

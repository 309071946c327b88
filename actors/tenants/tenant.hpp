#pragma once

#include "actors/tenants/commands.hpp"
#include "actors/tenants/events.hpp"
#include "actors/tenants/state.hpp"
#include "runtime/entity/entity.hpp"

#include <variant>

namespace machine::tenants {

/// Says who may do what, and what opens it to whom: the core of the entity
/// `tenant`. Its key has the tenant `system` and the tenant's name as id.
///
/// A tenant that has an enabled admin never loses its last one. Who is disabled
/// or removed has no live key.
struct tenant : entity::passive<tenant_state, tenant_command, tenant_event> {
  static constexpr const char* kind = "tenant";
  static constexpr const char* snapshot_schema = "tenant.1";

  /// Refuses with `not_found` (tenant, principal, key or issuer), `conflict`,
  /// `limit_exceeded` or `invalid_argument`.
  static caf::error decide(entity::draft<tenant>& to, const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  static std::optional<command> on_wake() {
    return prune_keys{};
  }

  /// There is no hurry: a tenant that was forgotten meanwhile does it when it
  /// is loaded.
  static std::optional<timestamp> wake_at(const state& now) {
    return now.next_forgotten;
  }

  /// Fields: `status`.
  static store::summary_row summarise(const state& now, const entity::key& id);
};

} // namespace machine::tenants

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::tenants::tenant>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::tenants::tenant>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::tenants::tenant_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::tenants::tenant_event>>;

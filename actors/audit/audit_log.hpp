#pragma once

#include "runtime/entity/entity.hpp"
#include "runtime/security/audit_chain.hpp"
#include "runtime/security/audit_record.hpp"
#include "runtime/wire/codec.hpp"

#include <variant>

namespace machine::audit {

/// Writes *record* down. Asking again writes it down again: better two than
/// none.
struct record_audit {
  security::audit_record record;

  static constexpr const char* wire_name = "record_audit";

  static constexpr auto fields() {
    return wire::members(wire::field{"record", &record_audit::record});
  }

  bool operator==(const record_audit&) const = default;
};

/// What an audit log may be asked to do.
using audit_command = std::variant<record_audit>;

/// Something was done, was going to be done, or was refused.
struct audited {
  /// An `audit_record`, by `security::to_bytes`.
  bytes record;
  /// Of it and all before it, by `security::chain_next`.
  security::digest hash{};

  static constexpr const char* wire_name = "audited";

  static constexpr auto fields() {
    return wire::members(wire::field{"record", &audited::record},
                         wire::field{"hash", &audited::hash});
  }

  bool operator==(const audited&) const = default;
};

/// Everything that may stand in an audit log.
using audit_event = std::variant<audited>;

/// The head of the chain, and how long it is.
struct audit_state {
  uint64_t count = 0;
  security::digest last_hash{};

  static constexpr const char* wire_name = "audit_state";

  static constexpr auto fields() {
    return wire::members(wire::field{"count", &audit_state::count},
                         wire::field{"last_hash", &audit_state::last_hash});
  }

  bool operator==(const audit_state&) const = default;
};

/// The id of the only audit log of a tenant.
constexpr const char* audit_id = "log";

/// Keeps what the principals of one tenant did: the core of the entity `audit`,
/// whose id is `audit_id`. The number of an event in the log is that of its
/// record.
struct audit_log : entity::passive<audit_state, audit_command, audit_event> {
  static constexpr const char* kind = "audit";
  static constexpr const char* snapshot_schema = "audit.1";

  /// Refuses with `invalid_argument` what belongs to another log.
  static caf::error decide(entity::draft<audit_log>& to, const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  /// No fields; the body is an `audit_summary`.
  static store::summary_row summarise(const state& now, const entity::key& id);
};

/// An audit log as lists show it.
struct audit_summary {
  uint64_t count = 0;
  /// The head of the chain, in 64 hexadecimal digits: to be kept elsewhere.
  std::string last_hash;

  static constexpr const char* wire_name = "audit_summary";

  static constexpr auto fields() {
    return wire::members(wire::field{"count", &audit_summary::count},
                         wire::field{"last_hash", &audit_summary::last_hash});
  }

  bool operator==(const audit_summary&) const = default;
};

audit_summary summary_of(const audit_state& now);

/// The record of *x*; `corrupt` if it holds none.
caf::expected<security::audit_record> record_of(const audited& x);

} // namespace machine::audit

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::audit::audit_command>;
extern template struct machine::wire::message_codec<
  machine::audit::audit_command>;
extern template struct machine::wire::codec<machine::audit::audit_event>;
extern template struct machine::wire::message_codec<
  machine::audit::audit_event>;
extern template struct machine::wire::codec<machine::audit::audit_state>;
extern template struct machine::wire::message_codec<
  machine::audit::audit_state>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::audit::audit_log>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::audit::audit_log>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::audit::audit_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::audit::audit_event>>;

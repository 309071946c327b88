#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/codec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace machine::security {

/// Who does something.
enum class principal_kind : uint8_t {
  user,
  service,
  /// The machine by itself, as a schedule does.
  machine,
  /// Nobody that was made certain, as at a sign-in that fails.
  anonymous,
};

inline constexpr auto wire_names(principal_kind) {
  using enum principal_kind;
  return std::array<std::pair<std::string_view, principal_kind>, 4>{{
    {"user", user},
    {"service", service},
    {"machine", machine},
    {"anonymous", anonymous},
  }};
}

/// How far an action has come. What changes something is recorded twice: before
/// it is done, and after.
enum class audit_phase : uint8_t { intended, done, refused };

inline constexpr auto wire_names(audit_phase) {
  using enum audit_phase;
  return std::array<std::pair<std::string_view, audit_phase>, 3>{{
    {"intended", intended},
    {"done", done},
    {"refused", refused},
  }};
}

/// What somebody did, or was not let. Holds no secrets: see `redact` for what
/// comes from outside.
struct audit_record {
  timestamp at{};
  /// The principal's id; what was entered, if there is none.
  std::string who;
  principal_kind kind = principal_kind::anonymous;
  std::string tenant;
  /// Of the API key that was shown.
  std::optional<std::string> key_id;
  /// From where, as `192.0.2.7`; empty for the machine itself.
  std::string address;
  std::string request_id;
  /// As `POST /api/v1/runs/{id}/cancel`.
  std::string action;
  /// As `id=r-86s7q2p9w00rfjgf`.
  std::string target;
  audit_phase phase = audit_phase::intended;
  /// What a client was told, as of HTTP; 0 for nothing yet.
  uint16_t status = 0;
  std::optional<std::string> detail;
  /// The program of the client, by its own word.
  std::optional<std::string> user_agent;
  /// The code of the problem that a client was told of.
  std::optional<std::string> problem;
  /// Of what is done: the number of the record that says it was intended.
  std::optional<uint64_t> intent;
  /// It stands for so many that were alike; none: for itself.
  std::optional<uint64_t> times;

  static constexpr const char* wire_name = "audit_record";

  static constexpr auto fields() {
    return wire::members(wire::field{"at", &audit_record::at},
                         wire::field{"who", &audit_record::who},
                         wire::field{"kind", &audit_record::kind},
                         wire::field{"tenant", &audit_record::tenant},
                         wire::field{"key_id", &audit_record::key_id},
                         wire::field{"address", &audit_record::address},
                         wire::field{"request_id", &audit_record::request_id},
                         wire::field{"action", &audit_record::action},
                         wire::field{"target", &audit_record::target},
                         wire::field{"phase", &audit_record::phase},
                         wire::field{"status", &audit_record::status},
                         wire::field{"detail", &audit_record::detail},
                         wire::field{"user_agent", &audit_record::user_agent},
                         wire::field{"problem", &audit_record::problem},
                         wire::field{"intent", &audit_record::intent},
                         wire::field{"times", &audit_record::times});
  }

  bool operator==(const audit_record&) const = default;
};

/// The bytes of *x* that are stored and hashed: its MessagePack. A text of more
/// than 256 bytes, or a detail of more than 4,096, is cut off there and ends
/// with `…`: a record that must be made is not refused for what a client wrote.
bytes to_bytes(const audit_record& x);

} // namespace machine::security

extern template struct machine::wire::codec<machine::security::audit_record>;

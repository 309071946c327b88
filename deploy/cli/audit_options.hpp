#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string>

/// Commands about the audit log of a tenant.
namespace machine::cli {

/// `audit list`: the newest records.
struct audit_list {
  /// A principal or a key.
  std::optional<std::string> who;
  /// A part of the action.
  std::optional<std::string> what;
  std::optional<timestamp> since;
  std::optional<timestamp> until;
  uint32_t limit = 50;
};

/// `audit export`: all records, oldest first, one JSON object a line.
struct audit_export {
  std::optional<timestamp> since;
  std::optional<timestamp> until;
};

/// `audit verify`: whether the log is as it was written.
struct audit_verify {
  /// A head that an earlier verification has shown.
  std::optional<std::string> known;
};

} // namespace machine::cli

#pragma once

#include "actors/costs/ledger/line.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace machine::costs {

/// The first record of a journal.
struct journal_opened {
  /// The start of the node whose journal it is.
  std::string holder;
  /// Names the time since the machine was switched on: another one means that
  /// what was written last may be missing.
  std::string boot;

  static constexpr const char* wire_name = "journal_opened";

  static constexpr auto fields() {
    return wire::members(wire::field{"holder", &journal_opened::holder},
                         wire::field{"boot", &journal_opened::boot});
  }

  bool operator==(const journal_opened&) const = default;
};

/// A holder is about to ask a tenant's ledger for money.
struct holder_opened {
  std::string tenant;
  std::string holder;

  static constexpr const char* wire_name = "holder_opened";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &holder_opened::tenant},
                         wire::field{"holder", &holder_opened::holder});
  }

  bool operator==(const holder_opened&) const = default;
};

/// A call is about to leave the machine, or has more set aside than before. One
/// of which this is not written costs nothing.
struct call_begun {
  std::string tenant;
  std::string holder;
  uint64_t call = 0;
  /// What is booked if nothing more is heard of it.
  call_line line;

  static constexpr const char* wire_name = "call_begun";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &call_begun::tenant},
                         wire::field{"holder", &call_begun::holder},
                         wire::field{"call", &call_begun::call},
                         wire::field{"line", &call_begun::line});
  }

  bool operator==(const call_begun&) const = default;
};

struct call_ended {
  std::string tenant;
  std::string holder;
  uint64_t call = 0;
  call_line line;

  static constexpr const char* wire_name = "call_ended";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &call_ended::tenant},
                         wire::field{"holder", &call_ended::holder},
                         wire::field{"call", &call_ended::call},
                         wire::field{"line", &call_ended::line});
  }

  bool operator==(const call_ended&) const = default;
};

using journal_record =
  std::variant<journal_opened, holder_opened, call_begun, call_ended>;

/// A record as it stands in the file: its length and check sum, each four bytes
/// with the lowest first, and MessagePack.
std::string frame(const journal_record& what);

/// What a journal says; it ends where a record is cut off or damaged, as the
/// last one may be after a sudden end.
struct journal_content {
  journal_opened opened;
  std::vector<journal_record> records;
  /// Bytes that were understood.
  size_t size = 0;
  bool is_whole = false;
};

journal_content read_journal(std::string_view bytes);

/// What a holder has to tell a tenant's ledger, in order.
struct unfinished_business {
  std::string tenant;
  std::string holder;
  std::vector<call_line> lines;

  bool operator==(const unfinished_business&) const = default;
};

/// The lines of a journal, by tenant and holder: calls that have ended as they
/// did, and those that never did as lost, at the cost of what was set aside for
/// them. Numbers go on without a gap. A holder without lines is there as well:
/// it may hold money.
std::vector<unfinished_business> business_of(const journal_content& journal);

} // namespace machine::costs

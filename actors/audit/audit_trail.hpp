#pragma once

#include "actors/audit/audit_log.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/together.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

/// What people want to know of an audit log that is stored.
namespace machine::audit {

/// Where an audit log is read. All of it may block.
struct trail {
  /// Events from a number on, at most so many.
  std::function<caf::expected<std::vector<store::stored_event>>(uint64_t,
                                                                size_t)>
    read;
  /// The number of the last event.
  std::function<caf::expected<uint64_t>()> last_seq;
  /// The row that lists show of it; none: there is none.
  std::function<caf::expected<std::optional<audit_summary>>()> row;
};

/// The audit log of *tenant* in *engine*, which outlives what is returned.
trail trail_of(store::engine& engine, const std::string& tenant);

/// A record as it stands in its log.
struct audit_entry : security::audit_record {
  uint64_t seq = 0;
  /// In hexadecimal digits.
  std::string hash;

  static constexpr const char* wire_name = "audit_entry";

  static constexpr auto fields() {
    return wire::together(
      wire::members(wire::field{"seq", &audit_entry::seq},
                    wire::field{"hash", &audit_entry::hash}),
      security::audit_record::fields());
  }

  bool operator==(const audit_entry&) const = default;
};

/// The entry of an event; `corrupt` if there is none in it.
caf::expected<audit_entry> entry_of(uint64_t seq, bytes_view payload);

/// Which entries are wanted.
struct audit_filter {
  /// A principal, or a key, by id.
  std::optional<std::string> who;
  /// A part of the action: `keys`, `DELETE`.
  std::optional<std::string> what;
  std::optional<timestamp> since;
  std::optional<timestamp> until;

  bool accepts(const security::audit_record& x) const;
};

struct audit_page {
  /// The newest first.
  std::vector<audit_entry> items;
  /// Where the next page begins: before this number; 0: there is none.
  uint64_t before = 0;
};

/// Entries before number *before* (0: all), as many as *limit*. A page may be
/// short, even empty, and have a next one: no more than 20,000 are looked at.
caf::expected<audit_page> list_entries(const trail& in,
                                       const audit_filter& wanted,
                                       uint64_t before, size_t limit);

/// A head of the chain in one word, to be kept elsewhere: `17:` and 64
/// hexadecimal digits.
std::string to_word(const security::chain_head& x);

/// Reads what `to_word` writes; `invalid_argument` if it is none.
caf::expected<security::chain_head> head_from_word(std::string_view text);

/// Where a log is not as it was written.
struct audit_break {
  /// The first record that is not certain.
  uint64_t seq = 0;
  /// `changed`, `missing`, `reordered` or `rewritten`.
  std::string why;
  /// The same for people.
  std::string detail;

  static constexpr const char* wire_name = "audit_break";

  static constexpr auto fields() {
    return wire::members(wire::field{"seq", &audit_break::seq},
                         wire::field{"why", &audit_break::why},
                         wire::field{"detail", &audit_break::detail});
  }

  bool operator==(const audit_break&) const = default;
};

struct audit_report {
  std::string tenant;
  /// Records that are as they were written.
  uint64_t records = 0;
  /// The head of the chain up to there.
  std::string head;
  /// None: all are.
  std::optional<audit_break> broken;

  static constexpr const char* wire_name = "audit_report";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &audit_report::tenant},
                         wire::field{"records", &audit_report::records},
                         wire::field{"head", &audit_report::head},
                         wire::field{"broken", &audit_report::broken});
  }

  bool operator==(const audit_report&) const = default;
};

/// Reads the whole log and checks its chain. What the log's row says of its
/// end is checked as well, so an end that was cut off the log alone is found.
/// @param known A head that was kept elsewhere: only with it are an end that
/// is gone from log and row, and a log that was written anew, found.
/// @returns `cancelled` if *stop* asked for an end, or what the store returns.
caf::expected<audit_report>
verify_trail(const trail& in, const std::string& tenant,
             const std::optional<security::chain_head>& known,
             const std::stop_token& stop = {});

} // namespace machine::audit

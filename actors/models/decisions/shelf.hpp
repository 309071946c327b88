#pragma once

#include "actors/models/decisions/record.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/together.hpp"

#include <functional>

namespace machine::models {

/// Where the decisions of a tenant stand in the store: each is a stream of its
/// own under its id, whose row has all of it. Fields: `model` (who answered, or
/// was asked last), `principal` and `key`, where they are not empty.
struct decision_shelf {
  static constexpr const char* kind = "decision";
};

/// What puts *x* there; it is to be `trimmed`.
store::stream_append append_of(const std::string& tenant,
                               const decision_record& x);

/// What stands in a row; `corrupt` if it does not read.
caf::expected<decision_record> decision_of(const store::summary_row& row);

/// Which decisions are wanted.
struct decision_filter {
  std::optional<std::string> model;
  std::optional<std::string> principal;
  std::optional<std::string> key;
  /// By when they ended.
  std::optional<timestamp> since;
  std::optional<timestamp> until;
};

struct decision_page {
  /// The newest first.
  std::vector<decision_record> items;
  /// Where the next page begins; empty: there is none.
  std::string next_cursor;
};

/// Reads a page of the rows of `decision_shelf`. May block.
using decision_lister = std::function<caf::expected<store::page>(store::query)>;

/// The decisions that *wanted* wants, in the order in which they were kept, as
/// many as *limit* from *cursor* on. A page may be short, even empty, and have
/// a next one: no more than *max_looked_at* are looked at.
caf::expected<decision_page> list_decisions(const decision_lister& list,
                                            const decision_filter& wanted,
                                            const std::string& cursor,
                                            size_t limit,
                                            size_t max_looked_at = 5'000);

/// A decision as lists show it.
struct decision_line {
  std::string id;
  timestamp at{};
  timestamp ended_at{};
  std::string project;
  std::string principal;
  std::string key;
  /// What was asked for.
  std::string asked;
  std::string job;
  std::string policy;
  decision_end end = decision_end::failed;
  /// Who answered.
  std::string model;
  std::string provider;
  /// What the first candidate was expected to cost.
  micro_usd expected = 0;
  micro_usd cost = 0;
  duration took{0};
  uint64_t tries = 0;
  bool explored = false;
  std::string why;

  static constexpr const char* wire_name = "decision_line";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &decision_line::id},
                         wire::field{"at", &decision_line::at},
                         wire::field{"ended_at", &decision_line::ended_at},
                         wire::field{"project", &decision_line::project},
                         wire::field{"principal", &decision_line::principal},
                         wire::field{"key", &decision_line::key},
                         wire::field{"asked", &decision_line::asked},
                         wire::field{"job", &decision_line::job},
                         wire::field{"policy", &decision_line::policy},
                         wire::field{"end", &decision_line::end},
                         wire::field{"model", &decision_line::model},
                         wire::field{"provider", &decision_line::provider},
                         wire::field{"expected", &decision_line::expected},
                         wire::field{"cost", &decision_line::cost},
                         wire::field{"took", &decision_line::took},
                         wire::field{"tries", &decision_line::tries},
                         wire::field{"explored", &decision_line::explored},
                         wire::field{"why", &decision_line::why});
  }
};

decision_line line_of(const decision_record& x);

/// Past calls of a tenant beside what another policy would have made of them.
struct decision_replay : replay_report {
  std::string policy;
  /// When the first and the last of the calls ended; none: there were none.
  std::optional<timestamp> first;
  std::optional<timestamp> last;
  /// Calls without an answer of a model, in no sum.
  uint64_t unanswered = 0;
  /// There were more in that time; those are the newest.
  bool is_part = false;

  static constexpr const char* wire_name = "decision_replay";

  static constexpr auto fields() {
    return wire::together(
      wire::members(wire::field{"policy", &decision_replay::policy},
                    wire::field{"first", &decision_replay::first},
                    wire::field{"last", &decision_replay::last},
                    wire::field{"unanswered", &decision_replay::unanswered},
                    wire::field{"is_part", &decision_replay::is_part}),
      replay_report::fields());
  }
};

/// Replays the newest *limit* of the decisions that *wanted* wants; see
/// `replay`. What had been learned before them is not known, so the first of
/// them are ranked by the catalogue.
/// @param go_on Asked now and then; false: `timeout`.
caf::expected<decision_replay>
replay_decisions(const decision_lister& list, const decision_filter& wanted,
                 size_t limit, const catalogue& from,
                 const routing_policy& policy,
                 const std::function<bool()>& go_on);

} // namespace machine::models

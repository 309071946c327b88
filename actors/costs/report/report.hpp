#pragma once

#include "actors/costs/report/dimension.hpp"

#include <map>
#include <optional>
#include <unordered_map>

namespace machine::costs {

/// Which lines count.
struct line_filter {
  /// Booked then or later.
  std::optional<timestamp> since{};
  /// Booked before.
  std::optional<timestamp> until{};
  std::map<dimension, std::string> values{};

  bool accepts(const booked_line& x) const;
};

/// What some calls have cost together.
struct spending {
  uint64_t calls = 0;
  /// Calls that failed, or whose machine died.
  uint64_t failed = 0;
  /// Calls that nobody wanted any more, or whose money was used up.
  uint64_t cancelled = 0;
  /// Calls whose tokens the provider did not count.
  uint64_t uncounted = 0;
  models::token_usage tokens;
  micro_usd cost = 0;
  /// Of the calls with an answer.
  duration average_latency{0};

  static constexpr const char* wire_name = "spending";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"calls", &spending::calls},
      wire::field{"failed", &spending::failed},
      wire::field{"cancelled", &spending::cancelled},
      wire::field{"uncounted", &spending::uncounted},
      wire::field{"tokens", &spending::tokens},
      wire::field{"cost", &spending::cost},
      wire::field{"average_latency", &spending::average_latency});
  }

  bool operator==(const spending&) const = default;
};

/// What the calls have cost that have the same values.
struct report_row {
  /// The value of each dimension, by its name.
  std::map<std::string, std::string> of;
  spending sum;

  static constexpr const char* wire_name = "cost_report_row";

  static constexpr auto fields() {
    return wire::members(wire::field{"of", &report_row::of},
                         wire::field{"sum", &report_row::sum});
  }

  bool operator==(const report_row&) const = default;
};

/// What was spent, summed up. The rows, *other* and nothing else make *total*.
struct report {
  std::vector<dimension> by;
  std::optional<timestamp> since{};
  std::optional<timestamp> until{};
  /// In the order of time, and the dearest first.
  std::vector<report_row> rows;
  /// Calls for which there was no row left.
  std::optional<spending> other{};
  spending total;

  static constexpr const char* wire_name = "cost_report";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"by", &report::by}, wire::field{"since", &report::since},
      wire::field{"until", &report::until}, wire::field{"rows", &report::rows},
      wire::field{"other", &report::other},
      wire::field{"total", &report::total});
  }

  bool operator==(const report&) const = default;
};

/// Rows of one report.
constexpr size_t max_report_rows = 100'000;

/// Sums up lines as they come, whose number does not matter for what it takes.
class report_maker {
public:
  /// @param by One to `max_dimensions`, or none: then there is the total alone.
  explicit report_maker(std::vector<dimension> by, line_filter filter = {},
                        size_t max_rows = max_report_rows);

  /// Counts *x*, unless the filter does not take it or its run books it.
  void add(const booked_line& x);

  /// What there is so far.
  report make() const;

private:
  /// Sums from which a `spending` is made.
  struct counts {
    spending sum;
    uint64_t answered = 0;
    /// Milliseconds of all that were answered.
    uint64_t took = 0;

    void add(const call_line& x);

    spending done() const;
  };

  struct values_hash {
    size_t operator()(const std::vector<std::string>& x) const;
  };

  std::vector<dimension> by_;
  line_filter filter_;
  size_t max_rows_;
  std::unordered_map<std::vector<std::string>, counts, values_hash> rows_;
  counts other_;
  counts total_;
};

} // namespace machine::costs

#pragma once

#include "actors/costs/report/report.hpp"

namespace machine::costs {

/// Who spends.
struct top_row {
  std::string name;
  uint64_t calls = 0;
  micro_usd cost = 0;

  static constexpr const char* wire_name = "top_row";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &top_row::name},
                         wire::field{"calls", &top_row::calls},
                         wire::field{"cost", &top_row::cost});
  }

  bool operator==(const top_row&) const = default;
};

/// Who has spent most of late, the dearest first. Calls without a run, a key or
/// an agent are in the sums alone.
struct top_spending {
  timestamp since{};
  uint64_t calls = 0;
  micro_usd cost = 0;
  std::vector<top_row> models;
  std::vector<top_row> keys;
  std::vector<top_row> runs;
  std::vector<top_row> agents;

  static constexpr const char* wire_name = "top_spending";

  static constexpr auto fields() {
    return wire::members(wire::field{"since", &top_spending::since},
                         wire::field{"calls", &top_spending::calls},
                         wire::field{"cost", &top_spending::cost},
                         wire::field{"models", &top_spending::models},
                         wire::field{"keys", &top_spending::keys},
                         wire::field{"runs", &top_spending::runs},
                         wire::field{"agents", &top_spending::agents});
  }

  bool operator==(const top_spending&) const = default;
};

/// How far back it is looked.
constexpr int64_t max_top_minutes = 24 * 60;

/// Finds out who spends most, from the lines since an instant.
class top_maker {
public:
  explicit top_maker(timestamp since);

  void add(const booked_line& x);

  /// The first *most* of each list.
  top_spending make(size_t most) const;

private:
  timestamp since_;
  report_maker models_;
  report_maker keys_;
  report_maker runs_;
  report_maker agents_;
};

} // namespace machine::costs

#pragma once

#include "actors/costs/ledger/state.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace machine::costs {

/// What becomes of a budget if spending goes on as of late.
enum class outlook : uint8_t {
  /// Nothing is left of it now.
  used_up,
  /// It will be used up before its window ends.
  runs_out,
  /// It will do for its window, or for more than a year.
  lasts,
  /// Nothing was spent of late.
  idle,
  /// It is not known for long enough what is spent.
  unknown,
};

constexpr auto wire_names(outlook) {
  return std::array<std::pair<std::string_view, outlook>, 5>{{
    {"used_up", outlook::used_up},
    {"runs_out", outlook::runs_out},
    {"lasts", outlook::lasts},
    {"idle", outlook::idle},
    {"unknown", outlook::unknown},
  }};
}

/// What a forecast is made from.
enum class forecast_source : uint8_t {
  /// The hours of the tenant, whose budget it is.
  hours,
  /// The hours of the tenant, as if the budget had the same share of each: what
  /// it has of all that was spent since its window began.
  share_of_hours,
};

constexpr auto wire_names(forecast_source) {
  return std::array<std::pair<std::string_view, forecast_source>, 2>{{
    {"hours", forecast_source::hours},
    {"share_of_hours", forecast_source::share_of_hours},
  }};
}

/// When a budget will be used up.
struct forecast {
  /// Its name.
  std::string budget;
  costs::outlook outlook = outlook::unknown;
  forecast_source source = forecast_source::hours;
  /// Complete hours that it is made from.
  uint32_t hours = 0;
  /// What is spent in an hour, and where that is with a probability of four in
  /// five.
  micro_usd rate = 0;
  micro_usd rate_low = 0;
  micro_usd rate_high = 0;
  /// When nothing will be left; none: it lasts.
  std::optional<timestamp> at{};
  /// The same with the higher and the lower rate.
  std::optional<timestamp> earliest{};
  std::optional<timestamp> latest{};

  static constexpr const char* wire_name = "forecast";

  static constexpr auto fields() {
    return wire::members(wire::field{"budget", &forecast::budget},
                         wire::field{"outlook", &forecast::outlook},
                         wire::field{"source", &forecast::source},
                         wire::field{"hours", &forecast::hours},
                         wire::field{"rate", &forecast::rate},
                         wire::field{"rate_low", &forecast::rate_low},
                         wire::field{"rate_high", &forecast::rate_high},
                         wire::field{"at", &forecast::at},
                         wire::field{"earliest", &forecast::earliest},
                         wire::field{"latest", &forecast::latest});
  }

  bool operator==(const forecast&) const = default;
};

/// What is spent in an hour, in micro-dollars.
struct hourly_rate {
  double mean = 0;
  double low = 0;
  double high = 0;

  bool operator==(const hourly_rate&) const = default;
};

/// Complete hours that a rate is made from, at most, and at least.
constexpr int64_t max_rate_hours = 7 * 24;
constexpr int64_t min_rate_hours = 3;

/// After how many hours an hour weighs half as much.
constexpr double rate_half_life = 24;

/// So many hours without spending, and it has stopped.
constexpr int64_t idle_hours = 24;

/// How far it is looked into the future.
constexpr duration max_outlook{366 * 86'400'000LL};

/// The rate of *hours*, which are complete and follow one another, the newest
/// last, with those of nothing. With weights `w = 2^(-age / 24 h)`, as in an
/// exponentially weighted moving average (Roberts, "Control Chart Tests Based
/// on Geometric Moving Averages", 1959):
///
///     mean = sum(w x) / sum(w)
///
/// where an *x* beyond the median and three deviations (1.4826 MAD) of the
/// hours with spending counts as much as that, and four times that median at
/// least is believed: one dear hour says little about the next. The interval is
/// `mean ± 1.2816 s / sqrt(n)`, which has four fifths of a normal distribution,
/// with `n = sum(w)^2 / sum(w^2)`, the effective sample size of Kish ("Survey
/// Sampling", 1965), and never below zero. It takes hours for independent, so
/// it is rather too narrow.
hourly_rate rate_of(const std::vector<micro_usd>& hours);

/// When the budget *of* will be used up, by its sum and the hours of its ledger
/// at *now*: `left / rate` from now, and in a rolling window less what leaves
/// it meanwhile.
forecast forecast_of(const budget_state& of, const ledger_state& in,
                     timestamp now);

} // namespace machine::costs

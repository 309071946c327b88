#pragma once

#include "actors/costs/ledger/window.hpp"

#include <optional>
#include <vector>

namespace machine::costs {

/// Much more was spent in an hour than usual.
struct spend_anomaly {
  /// When the hour began.
  timestamp hour{};
  micro_usd spent = 0;
  /// The median of the hours that it was compared with.
  micro_usd usual = 0;
  /// How unusual it is; see `find_anomaly`.
  double z = 0;

  static constexpr const char* wire_name = "spend_anomaly";

  static constexpr auto fields() {
    return wire::members(wire::field{"hour", &spend_anomaly::hour},
                         wire::field{"spent", &spend_anomaly::spent},
                         wire::field{"usual", &spend_anomaly::usual},
                         wire::field{"z", &spend_anomaly::z});
  }

  bool operator==(const spend_anomaly&) const = default;
};

/// Which hour since 1970 *at* is in.
int64_t hour_of(timestamp at);

/// When the hour *number* begins.
timestamp begin_of_hour(int64_t number);

/// Whether the last of *hours* (by number, those without spending missing) is
/// an anomaly, told from those before it; spending began in the hour *first*.
///
/// The modified z-score of Iglewicz and Hoaglin ("How to Detect and Handle
/// Outliers", 1993), `0.6745 (x - median) / MAD`, of the logarithms, because
/// spending varies by factors: it is as good at ten times a cent as at ten
/// times a hundred dollars, and an hour that is dear now and then is no
/// anomaly. The median absolute deviation has a floor, so that what was ever
/// the same may change a little. Hours without spending say nothing about how
/// much is spent when something is, and do not count. After two weeks an hour
/// is compared with the same hours of the week, and their neighbours, if there
/// are enough with spending; those few understate how much they vary, so the
/// deviation of all hours from their own seasons is the least. Nothing is an
/// anomaly before enough is known, nor what costs hardly more than usual in
/// dollars; see `bounds.hpp`.
std::optional<spend_anomaly>
find_anomaly(const std::vector<spending_bucket>& hours, int64_t first);

} // namespace machine::costs

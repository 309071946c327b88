#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string_view>

namespace machine::costs {

/// A number times a power of ten, as a whole one.
struct scaled_decimal {
  int64_t value = 0;
  /// It was rounded up: the number has more decimals.
  bool rounded = false;

  bool operator==(const scaled_decimal&) const = default;
};

/// *text* (`0.5`, `1.25e-07`), as JSON writes numbers, times ten to the power
/// of *power*. Exact: no float is between. None for what is no such number, is
/// less than zero or gives more than `max_amount`.
std::optional<scaled_decimal> scale_decimal(std::string_view text, int power);

} // namespace machine::costs

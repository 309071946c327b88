#pragma once

#include "actors/costs/ledger/line.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace machine::costs {

/// What spending is summed up by. Hours, days and months are those of UTC.
enum class dimension : uint8_t {
  model,
  provider,
  agent,
  project,
  key,
  principal,
  run,
  tag,
  day,
  hour,
  month,
};

constexpr auto wire_names(dimension) {
  return std::array<std::pair<std::string_view, dimension>, 11>{{
    {"model", dimension::model},
    {"provider", dimension::provider},
    {"agent", dimension::agent},
    {"project", dimension::project},
    {"key", dimension::key},
    {"principal", dimension::principal},
    {"run", dimension::run},
    {"tag", dimension::tag},
    {"day", dimension::day},
    {"hour", dimension::hour},
    {"month", dimension::month},
  }};
}

/// Of one report.
constexpr size_t max_dimensions = 3;

/// A line with the time at which it was booked.
struct booked_line {
  const call_line& line;
  timestamp at{};
};

/// Whether *x* says when, and not what.
bool is_time(dimension x);

/// Where *x* stands in *by*: `gpt-5`, `2026-11-24`, `2026-11-24T10:00Z`,
/// `2026-11`. Empty where it does not apply. A call with several tags has one
/// value, all of them in order (`a, b`): by each it would count more than once.
std::string value_of(const booked_line& x, dimension by);

/// Whether *x* has *value* in *by*; of tags, among others.
bool has_value(const booked_line& x, dimension by, std::string_view value);

/// Reads `model,day`: one to three dimensions, none of them twice;
/// `invalid_argument` for anything else.
caf::expected<std::vector<dimension>> read_dimensions(std::string_view text);

} // namespace machine::costs

#include "actors/orchestrator/workflow/times.hpp"

#include "runtime/wire/text.hpp"

#include <array>
#include <charconv>

namespace machine::orchestrator {

namespace {

/// Ten years.
constexpr int64_t longest = int64_t{3'650} * 86'400'000;

/// The last millisecond of the year 9999, the last that RFC 3339 can spell.
constexpr int64_t last_instant = 253'402'300'799'999;

} // namespace

std::optional<duration> parse_duration(std::string_view text) {
  int64_t count = 0;
  auto [end, code] =
    std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc{} || count < 0)
    return std::nullopt;
  std::string_view unit{end,
                        static_cast<size_t>(text.data() + text.size() - end)};
  constexpr std::array<std::pair<std::string_view, int64_t>, 5> units{{
    {"ms", 1},
    {"s", 1'000},
    {"m", 60'000},
    {"h", 3'600'000},
    {"d", 86'400'000},
  }};
  for (auto& [name, factor] : units)
    if (unit == name && count <= longest / factor)
      return duration{count * factor};
  return std::nullopt;
}

std::optional<timestamp> parse_instant(std::string_view text) {
  int64_t count = 0;
  auto last = text.data() + text.size();
  auto [end, code] = std::from_chars(text.data(), last, count);
  if (code != std::errc{} || end != last)
    return wire::parse_time(text);
  if (count < 0 || count > last_instant)
    return std::nullopt;
  return timestamp{duration{count}};
}

} // namespace machine::orchestrator

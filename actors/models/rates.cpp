#include "actors/models/rates.hpp"

#include "runtime/wire/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace machine::models {

namespace {

constexpr double day_ms = 24.0 * 3'600'000;

/// A number without sign or exponent at the beginning of *text*, which it is
/// taken off.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(),
                                      value, std::chars_format::fixed);
  if (code != std::errc{} || !std::isfinite(value) || value < 0
      || text.starts_with('-'))
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return value;
}

/// Milliseconds of the unit at the beginning of *text*, which it is taken off.
std::optional<double> take_unit(std::string_view& text) {
  constexpr std::pair<std::string_view, double> units[] = {
    {"ms", 1},     {"h", 3'600'000},   {"m", 60'000},    {"s", 1'000},
    {"us", 0.001}, {"\u00b5s", 0.001}, {"ns", 0.000001}, {"d", day_ms}};
  for (auto& [name, size] : units)
    if (text.starts_with(name)) {
      text.remove_prefix(name.size());
      return size;
    }
  return std::nullopt;
}

std::optional<uint64_t> read_count(const net::response_head& head,
                                   const std::string& name) {
  auto text = head.header(name);
  if (!text)
    return std::nullopt;
  uint64_t value = 0;
  auto end = text->data() + text->size();
  auto [stop, code] = std::from_chars(text->data(), end, value);
  // Larger ones are no limits.
  if (code != std::errc{} || stop != end || value > 1'000'000'000'000)
    return std::nullopt;
  return value;
}

rate_limit_state read_openai(const net::response_head& head,
                             const std::string& what) {
  rate_limit_state x;
  x.limit = read_count(head, "x-ratelimit-limit-" + what);
  x.remaining = read_count(head, "x-ratelimit-remaining-" + what);
  if (auto text = head.header("x-ratelimit-reset-" + what))
    x.reset = read_reset(*text);
  return x;
}

rate_limit_state read_anthropic(const net::response_head& head,
                                const std::string& what, timestamp now) {
  auto name = "anthropic-ratelimit-" + what;
  rate_limit_state x;
  x.limit = read_count(head, name + "-limit");
  x.remaining = read_count(head, name + "-remaining");
  if (auto text = head.header(name + "-reset"))
    if (auto at = wire::parse_time(*text)) {
      auto left = std::chrono::ceil<duration>(*at - now);
      x.reset =
        std::clamp(left, duration{0}, duration{static_cast<int64_t>(day_ms)});
    }
  return x;
}

rate_limit_state either(const rate_limit_state& x, const rate_limit_state& y) {
  return x == rate_limit_state{} ? y : x;
}

} // namespace

std::optional<duration> read_reset(std::string_view text) {
  double sum = 0;
  if (text.empty())
    return std::nullopt;
  while (!text.empty()) {
    auto value = take_number(text);
    if (!value)
      return std::nullopt;
    if (text.empty() && sum == 0) {
      sum = *value * 1'000;
      break;
    }
    auto unit = take_unit(text);
    if (!unit)
      return std::nullopt;
    sum += *value * *unit;
  }
  return duration{static_cast<int64_t>(std::ceil(std::min(sum, day_ms)))};
}

std::optional<rate_report> read_rates(const net::response_head& head,
                                      timestamp now) {
  rate_report x;
  x.requests = either(read_openai(head, "requests"),
                      read_anthropic(head, "requests", now));
  x.tokens =
    either(read_openai(head, "tokens"), read_anthropic(head, "tokens", now));
  x.input_tokens = read_anthropic(head, "input-tokens", now);
  x.output_tokens = read_anthropic(head, "output-tokens", now);
  if (x == rate_report{})
    return std::nullopt;
  return x;
}

} // namespace machine::models

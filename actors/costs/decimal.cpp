#include "actors/costs/decimal.hpp"

#include "actors/costs/money.hpp"

#include <algorithm>
#include <string>

namespace machine::costs {

namespace {

/// Bound on what is looked at, in bytes: no price is longer.
constexpr size_t max_number_bytes = 128;

/// The digits at the beginning of *rest*, which is advanced past them.
std::string_view take_digits(std::string_view& rest) {
  auto end = std::find_if(rest.begin(), rest.end(),
                          [](char c) { return c < '0' || c > '9'; });
  auto digits = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  return digits;
}

/// The exponent that *rest* is; 0 if it is empty.
std::optional<int> read_exponent(std::string_view rest) {
  if (rest.empty())
    return 0;
  if (rest.front() != 'e' && rest.front() != 'E')
    return std::nullopt;
  rest.remove_prefix(1);
  auto negative = rest.starts_with('-');
  if (negative || rest.starts_with('+'))
    rest.remove_prefix(1);
  auto digits = take_digits(rest);
  if (digits.empty() || digits.size() > 4 || !rest.empty())
    return std::nullopt;
  int value = 0;
  for (auto c : digits)
    value = value * 10 + (c - '0');
  return negative ? -value : value;
}

} // namespace

std::optional<scaled_decimal> scale_decimal(std::string_view text, int power) {
  if (text.size() > max_number_bytes)
    return std::nullopt;
  auto rest = text;
  auto negative = rest.starts_with('-');
  if (negative)
    rest.remove_prefix(1);
  auto whole = take_digits(rest);
  std::string_view part;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    part = take_digits(rest);
    if (part.empty())
      return std::nullopt;
  }
  auto exponent = read_exponent(rest);
  if (whole.empty() || !exponent)
    return std::nullopt;
  std::string digits{whole};
  digits += part;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty())
    return scaled_decimal{};
  if (negative)
    return std::nullopt;
  // As many as a billion dollars have in micro-dollars.
  constexpr int most_digits = 16;
  auto shift = power + *exponent - static_cast<int>(part.size());
  if (static_cast<int>(digits.size()) + shift > most_digits)
    return std::nullopt;
  scaled_decimal result;
  if (shift >= 0) {
    digits.append(static_cast<size_t>(shift), '0');
  } else {
    auto cut = std::min(digits.size(), static_cast<size_t>(-shift));
    auto kept = digits.size() - cut;
    result.rounded = digits.find_first_not_of('0', kept) != digits.npos;
    digits.resize(kept);
  }
  for (auto c : digits)
    result.value = result.value * 10 + (c - '0');
  result.value += result.rounded ? 1 : 0;
  if (result.value > max_amount)
    return std::nullopt;
  return result;
}

} // namespace machine::costs

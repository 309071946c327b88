#include "runtime/wire/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace machine::wire {

namespace {

constexpr std::string_view alphabet =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr timestamp first_time{
  std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};

constexpr timestamp last_time =
  timestamp{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}}
  - std::chrono::microseconds{1};

/// The value of a digit of Base64, 64 for what is none.
constexpr auto digits = [] {
  std::array<uint8_t, 256> result{};
  result.fill(64);
  for (size_t i = 0; i < alphabet.size(); ++i)
    result[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  return result;
}();

/// Takes *count* digits from the front of *text*.
std::optional<int> take_digits(std::string_view& text, size_t count) {
  if (text.size() < count)
    return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c)
    return false;
  text.remove_prefix(1);
  return true;
}

/// Takes `.123456789`, in microseconds.
std::optional<int> take_fraction(std::string_view& text) {
  if (!take(text, '.'))
    return 0;
  int micros = 0;
  size_t count = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; ++count) {
    if (count < 6)
      micros = micros * 10 + (text[0] - '0');
    text.remove_prefix(1);
  }
  if (count == 0)
    return std::nullopt;
  for (auto i = count; i < 6; ++i)
    micros *= 10;
  return micros;
}

/// Takes `Z` or `+01:30`.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z'))
    return std::chrono::minutes{0};
  auto sign = take(text, '-') ? -1 : take(text, '+') ? 1 : 0;
  if (sign == 0)
    return std::nullopt;
  auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':'))
    return std::nullopt;
  auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59)
    return std::nullopt;
  return sign * std::chrono::minutes{*hours * 60 + *minutes};
}

} // namespace

std::string format_time(timestamp x) {
  using namespace std::chrono;
  x = std::clamp(x, first_time, last_time);
  auto day = floor<days>(x);
  year_month_day date{day};
  hh_mm_ss time{x - day};
  std::array<char, 64> buffer{};
  auto size = std::snprintf(
    buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
    static_cast<int>(time.minutes().count()),
    static_cast<int>(time.seconds().count()),
    static_cast<int>(time.subseconds().count()));
  return {buffer.data(), static_cast<size_t>(size)};
}

std::optional<timestamp> parse_time(std::string_view text) {
  using namespace std::chrono;
  auto y = take_digits(text, 4);
  if (!y || !take(text, '-'))
    return std::nullopt;
  auto m = take_digits(text, 2);
  if (!m || !take(text, '-'))
    return std::nullopt;
  auto d = take_digits(text, 2);
  if (!d || !(take(text, 'T') || take(text, 't') || take(text, ' ')))
    return std::nullopt;
  auto h = take_digits(text, 2);
  if (!h || !take(text, ':'))
    return std::nullopt;
  auto min = take_digits(text, 2);
  if (!min || !take(text, ':'))
    return std::nullopt;
  auto s = take_digits(text, 2);
  auto fraction = s ? take_fraction(text) : std::nullopt;
  auto offset = fraction ? take_offset(text) : std::nullopt;
  if (!offset || !text.empty())
    return std::nullopt;
  year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                      day{static_cast<unsigned>(*d)}};
  if (!date.ok() || *y == 0 || *h > 23 || *min > 59 || *s > 60)
    return std::nullopt;
  timestamp result{sys_days{date} + hours{*h} + minutes{*min} + seconds{*s}
                   + microseconds{*fraction} - *offset};
  if (result < first_time || result > last_time)
    return std::nullopt;
  return result;
}

std::string to_base64(bytes_view x) {
  std::string result;
  result.reserve((x.size() + 2) / 3 * 4);
  for (size_t i = 0; i < x.size(); i += 3) {
    auto left = x.size() - i;
    uint32_t group = x[i] << 16;
    if (left > 1)
      group |= x[i + 1] << 8;
    if (left > 2)
      group |= x[i + 2];
    result += alphabet[group >> 18];
    result += alphabet[(group >> 12) & 63];
    result += left > 1 ? alphabet[(group >> 6) & 63] : '=';
    result += left > 2 ? alphabet[group & 63] : '=';
  }
  return result;
}

std::optional<bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  bytes result;
  result.reserve(text.size() / 4 * 3);
  for (size_t i = 0; i < text.size(); i += 4) {
    auto last = i + 4 == text.size();
    auto padding = !last || text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
    uint32_t group = 0;
    for (size_t k = 0; k < 4; ++k) {
      auto padded = static_cast<int>(k) >= 4 - padding;
      auto value = padded ? 0u : digits[static_cast<uint8_t>(text[i + k])];
      if (value == 64)
        return std::nullopt;
      group = (group << 6) | value;
    }
    result.push_back(static_cast<uint8_t>(group >> 16));
    if (padding < 2)
      result.push_back(static_cast<uint8_t>(group >> 8));
    if (padding < 1)
      result.push_back(static_cast<uint8_t>(group));
  }
  return result;
}

std::string clip(std::string text, size_t most) {
  if (text.size() <= most)
    return text;
  auto note = "... (" + std::to_string(text.size()) + " bytes)";
  auto end = most - std::min(most, note.size());
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  text.resize(end);
  return text + note;
}

} // namespace machine::wire

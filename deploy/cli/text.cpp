#include "deploy/cli/text.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace machine::cli {

namespace {

struct range {
  char32_t first;
  char32_t last;
};

// Unicode 15, EastAsianWidth.txt (W, F) and emoji that are shown wide;
// neighbouring ranges are joined where what lies between is not assigned.
constexpr std::array wide{
  range{0x1100, 0x115F},   range{0x231A, 0x231B},   range{0x2329, 0x232A},
  range{0x23E9, 0x23EC},   range{0x23F0, 0x23F0},   range{0x23F3, 0x23F3},
  range{0x25FD, 0x25FE},   range{0x2614, 0x2615},   range{0x2648, 0x2653},
  range{0x267F, 0x267F},   range{0x2693, 0x2693},   range{0x26A1, 0x26A1},
  range{0x26AA, 0x26AB},   range{0x26BD, 0x26BE},   range{0x26C4, 0x26C5},
  range{0x26CE, 0x26CE},   range{0x26D4, 0x26D4},   range{0x26EA, 0x26EA},
  range{0x26F2, 0x26F3},   range{0x26F5, 0x26F5},   range{0x26FA, 0x26FA},
  range{0x26FD, 0x26FD},   range{0x2705, 0x2705},   range{0x270A, 0x270B},
  range{0x2728, 0x2728},   range{0x274C, 0x274C},   range{0x274E, 0x274E},
  range{0x2753, 0x2755},   range{0x2757, 0x2757},   range{0x2795, 0x2797},
  range{0x27B0, 0x27B0},   range{0x27BF, 0x27BF},   range{0x2B1B, 0x2B1C},
  range{0x2B50, 0x2B50},   range{0x2B55, 0x2B55},   range{0x2E80, 0x303E},
  range{0x3041, 0x33FF},   range{0x3400, 0x4DBF},   range{0x4E00, 0xA4CF},
  range{0xA960, 0xA97F},   range{0xAC00, 0xD7A3},   range{0xF900, 0xFAFF},
  range{0xFE10, 0xFE19},   range{0xFE30, 0xFE6F},   range{0xFF00, 0xFF60},
  range{0xFFE0, 0xFFE6},   range{0x16FE0, 0x18DFF}, range{0x1AFF0, 0x1B2FF},
  range{0x1F004, 0x1F004}, range{0x1F0CF, 0x1F0CF}, range{0x1F18E, 0x1F18E},
  range{0x1F191, 0x1F19A}, range{0x1F200, 0x1F320}, range{0x1F32D, 0x1F335},
  range{0x1F337, 0x1F37C}, range{0x1F37E, 0x1F393}, range{0x1F3A0, 0x1F3CA},
  range{0x1F3CF, 0x1F3D3}, range{0x1F3E0, 0x1F3F0}, range{0x1F3F4, 0x1F3F4},
  range{0x1F3F8, 0x1F43E}, range{0x1F440, 0x1F440}, range{0x1F442, 0x1F4FC},
  range{0x1F4FF, 0x1F53D}, range{0x1F54B, 0x1F567}, range{0x1F57A, 0x1F57A},
  range{0x1F595, 0x1F596}, range{0x1F5A4, 0x1F5A4}, range{0x1F5FB, 0x1F64F},
  range{0x1F680, 0x1F6C5}, range{0x1F6CC, 0x1F6CC}, range{0x1F6D0, 0x1F6D2},
  range{0x1F6D5, 0x1F6DF}, range{0x1F6EB, 0x1F6EC}, range{0x1F6F4, 0x1F6FF},
  range{0x1F7E0, 0x1F7F0}, range{0x1F90C, 0x1F9FF}, range{0x1FA70, 0x1FAFF},
  range{0x20000, 0x3FFFD},
};

// General categories Mn, Me and Cf of the scripts that occur most.
constexpr std::array narrow{
  range{0x0300, 0x036F},   range{0x0483, 0x0489}, range{0x0591, 0x05BD},
  range{0x05BF, 0x05C7},   range{0x0610, 0x061A}, range{0x064B, 0x065F},
  range{0x0670, 0x0670},   range{0x06D6, 0x06DC}, range{0x06DF, 0x06E8},
  range{0x06EA, 0x06ED},   range{0x0711, 0x0711}, range{0x0730, 0x074A},
  range{0x0900, 0x0902},   range{0x093A, 0x093A}, range{0x093C, 0x093C},
  range{0x0941, 0x0948},   range{0x094D, 0x094D}, range{0x0951, 0x0957},
  range{0x0E31, 0x0E31},   range{0x0E34, 0x0E3A}, range{0x0E47, 0x0E4E},
  range{0x1AB0, 0x1AFF},   range{0x1DC0, 0x1DFF}, range{0x200B, 0x200F},
  range{0x202A, 0x202E},   range{0x2060, 0x206F}, range{0x20D0, 0x20FF},
  range{0x302A, 0x302D},   range{0x3099, 0x309A}, range{0xFE00, 0xFE0F},
  range{0xFE20, 0xFE2F},   range{0xFEFF, 0xFEFF}, range{0x1F3FB, 0x1F3FF},
  range{0xE0000, 0xE01EF},
};

template <size_t N>
bool is_in(const std::array<range, N>& ranges, char32_t x) {
  auto i = std::upper_bound(ranges.begin(), ranges.end(), x,
                            [](char32_t y, range r) { return y < r.first; });
  return i != ranges.begin() && x <= std::prev(i)->last;
}

/// Takes the first character off valid UTF-8.
char32_t take(std::string_view& rest) {
  auto lead = static_cast<unsigned char>(rest.front());
  size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  size = std::min(size, rest.size());
  char32_t result = size == 1 ? lead : lead & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i)
    result = result << 6 | (static_cast<unsigned char>(rest[i]) & 0x3Fu);
  rest.remove_prefix(size);
  return result;
}

size_t columns(char32_t x) {
  if (x < 0x300)
    return x < 0x20 || (x >= 0x7F && x < 0xA0) ? 0 : 1;
  return is_in(narrow, x) ? 0 : is_in(wide, x) ? 2 : 1;
}

bool is_mark_of_direction(char32_t x) {
  return x == 0x061C || x == 0x200E || x == 0x200F
      || (x >= 0x202A && x <= 0x202E) || (x >= 0x2066 && x <= 0x2069);
}

/// Leaves out what follows ESC: CSI up to its final byte, OSC and the other
/// strings up to their end, or one character.
void skip_escape(std::string_view& rest) {
  if (rest.empty())
    return;
  auto kind = rest.front();
  rest.remove_prefix(1);
  if (kind == '[') {
    while (!rest.empty() && (rest.front() < 0x40 || rest.front() > 0x7E)) {
      if (static_cast<unsigned char>(rest.front()) < 0x20)
        return;
      rest.remove_prefix(1);
    }
    if (!rest.empty())
      rest.remove_prefix(1);
  } else if (kind == ']' || kind == 'P' || kind == '^' || kind == '_'
             || kind == 'X') {
    while (!rest.empty() && rest.front() != '\a' && rest.front() != '\n'
           && !rest.starts_with("\x1b\\"))
      rest.remove_prefix(1);
    if (rest.starts_with("\x1b\\"))
      rest.remove_prefix(2);
    else if (rest.starts_with('\a'))
      rest.remove_prefix(1);
  }
}

/// The bytes of the longest beginning of *text* that fits in *width* columns,
/// at least one character.
size_t bytes_that_fit(std::string_view text, size_t width) {
  auto rest = text;
  size_t used = 0;
  while (!rest.empty()) {
    auto before = rest.size();
    used += columns(take(rest));
    if (used > width && before != text.size())
      return text.size() - before;
  }
  return text.size();
}

void wrap_line(std::string_view line, size_t width,
               std::vector<std::string>& out) {
  if (line.empty()) {
    out.emplace_back();
    return;
  }
  while (!line.empty()) {
    auto size = bytes_that_fit(line, width);
    if (size < line.size()) {
      auto space = line.rfind(' ', size);
      if (space != line.npos && space > 0) {
        out.emplace_back(line.substr(0, space));
        line.remove_prefix(space + 1);
        continue;
      }
    }
    out.emplace_back(line.substr(0, size));
    line.remove_prefix(size);
  }
}

} // namespace

size_t width_of(std::string_view text) {
  size_t result = 0;
  while (!text.empty())
    result += columns(take(text));
  return result;
}

std::string printable(std::string_view text) {
  auto valid = wire::to_utf8(text);
  std::string_view rest{valid};
  std::string out;
  out.reserve(valid.size());
  while (!rest.empty()) {
    auto* begin = rest.data();
    auto x = take(rest);
    if (x == 0x1B)
      skip_escape(rest);
    else if (x == '\t')
      out += "    ";
    else if (x == '\n')
      out += '\n';
    else if (x >= 0x20 && (x < 0x7F || x >= 0xA0) && !is_mark_of_direction(x))
      out.append(begin, static_cast<size_t>(rest.data() - begin));
  }
  return out;
}

std::string visible(std::string_view text) {
  auto valid = wire::to_utf8(text);
  std::string_view rest{valid};
  std::string out;
  out.reserve(valid.size());
  while (!rest.empty()) {
    auto* begin = rest.data();
    auto x = take(rest);
    if (x == '\n') {
      out += '\n';
    } else if (x == '\t') {
      out += "    ";
    } else if (x < 0x20 || x == 0x7F) {
      out += '^';
      out += static_cast<char>(x ^ 0x40);
    } else if ((x >= 0x80 && x < 0xA0) || is_mark_of_direction(x)) {
      char code[16];
      std::snprintf(code, sizeof(code), "<U+%04X>", static_cast<unsigned>(x));
      out += code;
    } else {
      out.append(begin, static_cast<size_t>(rest.data() - begin));
    }
  }
  return out;
}

std::string clip(std::string_view text, size_t width) {
  if (width_of(text) <= width)
    return std::string{text};
  if (width == 0)
    return {};
  auto rest = text;
  size_t used = 0;
  auto kept = text.size();
  while (!rest.empty()) {
    auto before = text.size() - rest.size();
    used += columns(take(rest));
    if (used > width - 1) {
      kept = before;
      break;
    }
  }
  return std::string{text.substr(0, kept)} + "…";
}

std::string fit(std::string_view text, size_t width) {
  auto result = clip(text, width);
  result.append(width - std::min(width, width_of(result)), ' ');
  return result;
}

std::vector<std::string> wrap(std::string_view text, size_t width) {
  width = std::max<size_t>(width, 1);
  std::vector<std::string> result;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    wrap_line(text.substr(0, end), width, result);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::vector<std::string> wrap_tail(std::string_view text, size_t width,
                                   size_t count) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  // Four bytes a column are the most; the rest of the text cannot show.
  auto bytes = (std::max<size_t>(width, 1) * 4 + 1) * (count + 1);
  if (text.size() > bytes) {
    text.remove_prefix(text.size() - bytes);
    while (!text.empty()
           && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80)
      text.remove_prefix(1);
  }
  auto lines = wrap(text, width);
  if (lines.size() > count)
    lines.erase(lines.begin(), lines.end() - static_cast<ptrdiff_t>(count));
  return lines;
}

std::vector<std::string> last_lines(std::string_view text, size_t count) {
  std::vector<std::string> result;
  while (!text.empty() && result.size() < count) {
    auto end = text.rfind('\n');
    auto line = end == text.npos ? text : text.substr(end + 1);
    if (line.find_first_not_of(' ') != line.npos)
      result.emplace(result.begin(), line);
    text = text.substr(0, end == text.npos ? 0 : end);
  }
  return result;
}

std::string first_line(std::string_view text) {
  auto clean = printable(text.substr(0, 4096));
  auto begin = clean.find_first_not_of(" \n");
  if (begin == std::string::npos)
    return {};
  return clean.substr(begin, clean.find('\n', begin) - begin);
}

} // namespace machine::cli

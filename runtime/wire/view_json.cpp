#include "runtime/wire/document.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

// JSON as RFC 8259 has it, read in one pass over the text: what stands in it is
// viewed, and only texts with escapes are copied.

namespace machine::wire {

namespace {

/// The first character of *x* at or after *from* that is no plain part of a
/// string: a quote, a backslash, a control character; or the end.
size_t plain_until(std::string_view x, size_t from) {
  constexpr uint64_t ones = 0x0101010101010101;
  constexpr uint64_t highs = 0x8080808080808080;
  // Has a high bit for each byte that is zero, and maybe for ones after it.
  auto zeros = [](uint64_t bytes) { return (bytes - ones) & ~bytes & highs; };
  auto stops = [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  };
  if constexpr (std::endian::native == std::endian::little) {
    for (; from + 8 <= x.size(); from += 8) {
      uint64_t eight = 0;
      std::memcpy(&eight, x.data() + from, 8);
      auto controls = (eight - ones * 0x20) & ~eight & highs;
      auto found =
        zeros(eight ^ (ones * '"')) | zeros(eight ^ (ones * '\\')) | controls;
      if (found != 0)
        return from + static_cast<size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (from < x.size() && !stops(x[from]))
    ++from;
  return from;
}

void append_utf8(std::string& to, uint32_t point) {
  auto tail = [&](int shift) {
    to += static_cast<char>(0x80 | ((point >> shift) & 0x3F));
  };
  if (point < 0x80) {
    to += static_cast<char>(point);
  } else if (point < 0x800) {
    to += static_cast<char>(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    to += static_cast<char>(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xF0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

class json_scanner {
public:
  json_scanner(std::string_view text, document_builder& out)
      : text_(text), out_(out) {}

  bool run() {
    for (;;) {
      skip_space();
      // An empty list or map has no value, and ends at once.
      if (!take_value())
        return false;
      if (begun_) {
        begun_ = false;
        continue;
      }
      if (!take_ends())
        return false;
      if (open_.empty())
        return at_ == text_.size() || wrong();
    }
  }

private:
  struct level {
    bool is_map;
    size_t from;
  };

  bool wrong() {
    return out_.fail(ec::invalid_argument,
                     "this is no JSON: byte " + std::to_string(at_ + 1));
  }

  char here() const {
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  void skip_space() {
    while (at_ < text_.size()
           && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'
               || text_[at_] == '\r'))
      ++at_;
  }

  bool take_value() {
    switch (here()) {
      case '{': return begin(true);
      case '[': return begin(false);
      case '"': return take_string(false);
      case 't': return take_word("true") && out_.boolean(true);
      case 'f': return take_word("false") && out_.boolean(false);
      case 'n': return take_word("null") && out_.null();
      default: return take_number();
    }
  }

  bool begin(bool is_map) {
    if (!out_.begin(is_map ? node_kind::map : node_kind::list))
      return false;
    open_.push_back({is_map, at_++});
    skip_space();
    if (here() == (is_map ? '}' : ']'))
      return end();
    begun_ = true;
    return !is_map || take_key();
  }

  bool end() {
    auto from = open_.back().from;
    open_.pop_back();
    ++at_;
    return out_.end(text_.substr(from, at_ - from));
  }

  /// What stands after a value: ends of what is open, or the way to the next.
  bool take_ends() {
    for (;;) {
      skip_space();
      if (open_.empty())
        return true;
      auto is_map = open_.back().is_map;
      if (here() == ',') {
        ++at_;
        if (!is_map)
          return true;
        skip_space();
        return take_key();
      }
      if (here() != (is_map ? '}' : ']'))
        return wrong();
      if (!end())
        return false;
    }
  }

  bool take_key() {
    if (here() != '"')
      return wrong();
    if (!take_string(true))
      return false;
    skip_space();
    if (here() != ':')
      return wrong();
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word)
      return wrong();
    at_ += word.size();
    return true;
  }

  bool take_string(bool is_key) {
    auto from = ++at_;
    at_ = plain_until(text_, at_);
    if (here() == '"' && at_ < text_.size()) {
      auto view = text_.substr(from, at_++ - from);
      return is_key ? out_.key(view) : out_.text(view);
    }
    std::string made{text_.substr(from, at_ - from)};
    for (;;) {
      if (at_ >= text_.size() || static_cast<unsigned char>(here()) < 0x20)
        return wrong();
      if (here() == '"')
        break;
      if (!take_escape(made))
        return false;
      auto next = plain_until(text_, at_);
      made += text_.substr(at_, next - at_);
      at_ = next;
    }
    ++at_;
    return is_key ? out_.key_copy(std::move(made))
                  : out_.text_copy(std::move(made));
  }

  bool take_escape(std::string& to) {
    ++at_;
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view stand_for = "\"\\/\b\f\n\r\t";
    if (here() == 'u')
      return take_code(to);
    auto which = names.find(here());
    if (at_ >= text_.size() || which == names.npos)
      return wrong();
    to += stand_for[which];
    ++at_;
    return true;
  }

  bool take_code(std::string& to) {
    uint32_t point = 0;
    if (!take_four(point))
      return false;
    if (point >= 0xDC00 && point < 0xE000)
      return wrong();
    if (point >= 0xD800 && point < 0xDC00) {
      uint32_t low = 0;
      if (text_.substr(at_, 2) != "\\u")
        return wrong();
      ++at_;
      if (!take_four(low))
        return false;
      if (low < 0xDC00 || low >= 0xE000)
        return wrong();
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(to, point);
    return true;
  }

  /// Four hexadecimal digits after the `u` that is here.
  bool take_four(uint32_t& point) {
    auto digits = text_.substr(++at_, 4);
    auto [stop, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
    if (digits.size() != 4 || code != std::errc{}
        || stop != digits.data() + digits.size())
      return wrong();
    at_ += 4;
    return true;
  }

  size_t digits_from(size_t at) const {
    while (at < text_.size() && text_[at] >= '0' && text_[at] <= '9')
      ++at;
    return at;
  }

  bool take_number() {
    auto from = at_;
    auto end = at_ + (here() == '-' ? 1 : 0);
    auto first = end;
    end = digits_from(end);
    if (end == first || (text_[first] == '0' && end > first + 1))
      return wrong();
    auto is_whole = true;
    if (end < text_.size() && text_[end] == '.') {
      is_whole = false;
      auto fraction = end + 1;
      end = digits_from(fraction);
      if (end == fraction)
        return wrong();
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      is_whole = false;
      auto power = end + 1;
      if (power < text_.size() && (text_[power] == '+' || text_[power] == '-'))
        ++power;
      end = digits_from(power);
      if (end == power)
        return wrong();
    }
    auto written = text_.substr(from, end - from);
    at_ = end;
    return is_whole ? add_whole(written) : add_real(written);
  }

  bool add_whole(std::string_view written) {
    auto* begin = written.data();
    auto* end = begin + written.size();
    if (int64_t x = 0; std::from_chars(begin, end, x).ec == std::errc{})
      return out_.integer(x);
    if (uint64_t x = 0; std::from_chars(begin, end, x).ec == std::errc{})
      return out_.unsigned_integer(x);
    return add_real(written);
  }

  bool add_real(std::string_view written) {
    double x = 0;
    auto code =
      std::from_chars(written.data(), written.data() + written.size(), x).ec;
    // Too small or too large; the one is zero, the other no number.
    if (code != std::errc{})
      x = std::strtod(std::string{written}.c_str(), nullptr);
    if (!std::isfinite(x))
      return wrong();
    return out_.real_view(x, written);
  }

  std::string_view text_;
  document_builder& out_;
  size_t at_ = 0;
  std::vector<level> open_;
  /// A list or map has begun, and its first value is next.
  bool begun_ = false;
};

} // namespace

caf::expected<document> view_json(std::string_view text, const limits& bounds) {
  if (text.size() > bounds.max_bytes)
    return make_error(ec::limit_exceeded,
                      "the document has " + std::to_string(text.size())
                        + " bytes; at most " + std::to_string(bounds.max_bytes)
                        + " are read");
  document_builder builder{bounds};
  builder.expect(text.size() / 16);
  if (!json_scanner{text, builder}.run())
    return builder.problem();
  return builder.take();
}

} // namespace machine::wire

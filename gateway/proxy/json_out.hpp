#pragma once

#include "runtime/types.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace machine::gateway::proxy {

/// Adds *text* to *out* as it stands within the quotes of a JSON string. What
/// is no UTF-8 becomes U+FFFD.
void append_escaped(std::string& out, std::string_view text);

/// JSON as text, written from front to back; whoever writes minds the commas.
/// There is no tree: an answer that streams is written thousands of times.
class json_out {
public:
  /// *x* as it is.
  json_out& raw(std::string_view x) {
    out_ += x;
    return *this;
  }

  /// A string.
  json_out& text(std::string_view x) {
    out_ += '"';
    append_escaped(out_, x);
    out_ += '"';
    return *this;
  }

  /// The inside of a string.
  json_out& escaped(std::string_view x) {
    append_escaped(out_, x);
    return *this;
  }

  json_out& text_or_null(std::string_view x) {
    return x.empty() ? raw("null") : text(x);
  }

  json_out& number(uint64_t x) {
    char digits[20];
    auto end = std::to_chars(digits, digits + sizeof digits, x).ptr;
    return raw({digits, static_cast<size_t>(end - digits)});
  }

  json_out& real(float x) {
    if (!std::isfinite(x))
      return raw("0");
    char digits[32];
    auto end = std::to_chars(digits, digits + sizeof digits, x).ptr;
    return raw({digits, static_cast<size_t>(end - digits)});
  }

  /// A comma, unless this is the beginning of a list or object.
  json_out& comma() {
    if (!out_.empty() && out_.back() != '[' && out_.back() != '{')
      out_ += ',';
    return *this;
  }

  void clear() {
    out_.clear();
  }

  bool is_empty() const {
    return out_.empty();
  }

  std::string_view view() const {
    return out_;
  }

  std::string take() {
    return std::move(out_);
  }

private:
  std::string out_;
};

/// Seconds since the UNIX epoch; never below 0.
uint64_t seconds_of(timestamp x);

} // namespace machine::gateway::proxy

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace machine::orchestrator {

/// A piece of a jq program.
struct jq_token {
  enum class kind : uint8_t {
    /// A name, a keyword, a variable with its `$`, or a number.
    word,
    /// `.name`, without the dot.
    field,
    /// What a string without interpolation stands for.
    text,
    /// One character of all else. A string with interpolation is its quotes;
    /// what is interpolated stands between `\(` and `)`.
    other,
  };

  kind what = kind::other;
  std::string text;

  /// Whether it is other text of one character, among *these*.
  bool is_one_of(std::string_view these) const {
    return what == kind::other && text.size() == 1
        && these.find(text[0]) != these.npos;
  }

  bool is_word(std::string_view x) const {
    return what == kind::word && text == x;
  }

  /// Whether it opens a bracket of any kind.
  bool opens() const {
    return is_one_of("([{") || (what == kind::other && text == "\\(");
  }
};

/// Cuts a jq program into its pieces, without spaces and comments.
std::vector<jq_token> scan_jq(std::string_view program);

} // namespace machine::orchestrator

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::orchestrator {

/// A step from a value into it.
struct path_part {
  enum class kind : uint8_t {
    /// `.name`
    field,
    /// `[3]`
    element,
    /// `[]`
    all,
    /// `[2:5]`
    slice,
  };

  kind what = kind::field;
  /// Of a field.
  std::string name;

  bool operator==(const path_part&) const = default;
};

/// A path that a jq program names literally from the root.
struct jq_path {
  std::vector<path_part> parts;
  /// Whether the program goes on if there is no such thing: by `?`, `//` or
  /// `try`.
  bool caught = false;
  /// Whether it is all of the program.
  bool whole = false;
  /// The text that its value is compared with, by `==` or `!=`.
  std::optional<std::string> compared;
};

/// The paths that a jq program names literally from the root, such as
/// `.steps.x.output`. Found by spelling alone; what is computed is not found,
/// and neither is what need not begin at the root.
std::vector<jq_path> paths_of(std::string_view program);

/// *parts* as jq spells them.
std::string spell(const std::vector<path_part>& parts);

} // namespace machine::orchestrator

#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/describe.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace machine::agents {

/// What kind of agent performs a step: data, in `roles/`.
struct role {
  /// 1 to 64 of `a-z 0-9 _ -`.
  std::string name;
  std::string description;
  /// The system prompt.
  std::string system;
  /// Names of the tools that it may use.
  std::vector<std::string> tools;
  /// Bound on its model calls, 1 to 200.
  uint32_t max_turns = 30;
  /// Bound on each of the model's answers, in tokens.
  uint32_t max_output_tokens = 8192;
  /// The job kind by which its model is selected.
  std::string job = "general";
  /// JSON Schema of its result.
  json_text output;

  static constexpr const char* wire_name = "role";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &role::name},
      wire::field{"description", &role::description},
      wire::field{"system", &role::system}, wire::field{"tools", &role::tools},
      wire::field{"max_turns", &role::max_turns},
      wire::field{"max_output_tokens", &role::max_output_tokens},
      wire::field{"job", &role::job}, wire::field{"output", &role::output});
  }

  bool operator==(const role&) const = default;
};

/// Reads a role from TOML. Errors name the file, the line and the key.
caf::expected<role> load_role(std::string_view text,
                              std::string_view file_name);

/// The roles that come with the machine (`actors/agents/roles/*.toml`), by
/// name.
caf::expected<std::map<std::string, role>> built_in_roles();

} // namespace machine::agents

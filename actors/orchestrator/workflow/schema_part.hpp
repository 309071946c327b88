#pragma once

#include "actors/orchestrator/workflow/jq_paths.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// A part of a JSON Schema, for what it says of values and what is in them.
class schema_part {
public:
  /// Nothing is known.
  schema_part() = default;

  /// *schema* must have passed `check_schema`; if not, nothing is known.
  explicit schema_part(const json_text& schema);

  /// What is certainly wrong with a path into such a value: there is no such
  /// thing in any of them. None if nothing is.
  /// @param before How the path begins, for the message.
  std::optional<std::string> find_fault(const std::string& before,
                                        std::span<const path_part> path) const;

  /// What is known of the value at the end of a path.
  schema_part follow(std::span<const path_part> path) const;

  /// Whether there are such values of *type*, one of the seven names.
  bool may_be(std::string_view type) const;

  /// The types that it names, for a message; empty if it may be anything.
  std::string describe() const;

  /// The properties that it names.
  std::vector<std::string> names() const;

  /// Whether a map has no members but those.
  bool is_closed() const;

  /// The members that a map must have and that have no default.
  std::vector<std::string> required() const;

  /// Whether *value* satisfies it.
  caf::expected<void> check(const json_text& value) const;

private:
  schema_part(std::shared_ptr<const nlohmann::json> root,
              const nlohmann::json* here);

  std::shared_ptr<const nlohmann::json> root_;
  /// Null: nothing is known.
  const nlohmann::json* here_ = nullptr;
};

/// Whether both are the same JSON, whatever the order of members.
bool is_same_json(const json_text& a, const json_text& b);

} // namespace machine::orchestrator

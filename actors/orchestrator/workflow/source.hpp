#pragma once

#include "actors/orchestrator/workflow/problems.hpp"
#include "runtime/types.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What a workflow's file says, with places, whatever its format.
namespace machine::orchestrator {

struct source_member;

struct source_node {
  enum class kind : uint8_t { none, null, scalar, list, map };

  kind what = kind::none;
  /// Whether a scalar was written without quotes, so that its spelling has a
  /// type.
  bool plain = false;
  std::string text;
  place where;
  std::vector<source_node> items;
  std::vector<source_member> members;

  bool is_null() const {
    return what == kind::null;
  }

  bool is_scalar() const {
    return what == kind::scalar;
  }

  bool is_list() const {
    return what == kind::list;
  }

  bool is_map() const {
    return what == kind::map;
  }

  /// The member *key*; null if there is none.
  const source_node* find(std::string_view key) const;
};

struct source_member {
  std::string key;
  place where;
  source_node value;
};

/// Parses one document of JSON or YAML. Anchors, aliases, keys that stand
/// twice and nesting deeper than *max_depth* are refused.
caf::expected<source_node> parse_source(std::string_view text,
                                        const std::string& file_name,
                                        size_t max_depth);

/// The order of the members of maps.
enum class member_order : uint8_t { as_written, by_key };

/// *x* as JSON: plain scalars become numbers, booleans and null as YAML's core
/// schema says.
json_text to_json(const source_node& x,
                  member_order order = member_order::as_written);

/// Whether *x* spells a finite number as JSON does.
bool is_number(std::string_view x);

} // namespace machine::orchestrator

#pragma once

#include "runtime/error.hpp"

#include <nlohmann/json_fwd.hpp>
#include <re2/re2.h>

#include <memory>
#include <string>

/// What JSON Schemas are checked and values validated with. Included by the
/// files of `json_schema.hpp` alone.
namespace machine::orchestrator {

/// Bound on a pattern, in bytes.
constexpr size_t max_pattern = 256;

/// Schemas that may apply to one value through references and combinations.
constexpr size_t max_schema_height = 64;

/// A compiled pattern. RE2 takes time in proportion to the text, whatever the
/// pattern.
std::unique_ptr<RE2> compile_pattern(const std::string& pattern);

/// The part of *root* that *reference* (`#`, `#/definitions/x`) names; null if
/// there is none.
const nlohmann::json* resolve_reference(const nlohmann::json& root,
                                        const std::string& reference);

/// The first thing in *schema* that we refuse, as in "the schema ..."; empty
/// if there is none.
std::string find_schema_fault(const nlohmann::json& schema);

/// Whether *value* satisfies *schema*, a part of *root*, which has no fault.
/// `invalid_argument` says where it does not, `limit_exceeded` that it took too
/// much work.
caf::expected<void> validate_value(const nlohmann::json& root,
                                   const nlohmann::json& schema,
                                   const nlohmann::json& value);

} // namespace machine::orchestrator

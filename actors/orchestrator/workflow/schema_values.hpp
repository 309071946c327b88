#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

/// What JSON Schema asks of single values. Included by the files of
/// `json_schema.hpp` alone.
namespace machine::orchestrator {

/// Whether *value* is of *type*, one of the seven names; 1.0 is an integer.
bool has_type(const nlohmann::json& value, const std::string& type);

/// The beginning of a value as text, for messages.
std::string excerpt(const nlohmann::json& x);

/// Characters of a text, not bytes.
size_t length(const std::string& text);

/// Whether *value* is *of* times an integer; both are numbers.
bool is_multiple(const nlohmann::json& value, const nlohmann::json& of);

/// Whether *text* is a `date`, `time` or `date-time` (RFC 3339, sections 5.6
/// and 5.7). A format that we do not know is an annotation: true.
bool has_format(const std::string& text, const std::string& format);

} // namespace machine::orchestrator

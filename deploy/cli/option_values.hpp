#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <string>
#include <utility>

/// What people write behind options. Errors name the option.
namespace machine::cli {

/// `name=value`, cut in two.
caf::expected<std::pair<std::string, std::string>>
cut_pair(const std::string& option, const std::string& text);

/// For CLI11: what is wrong with an empty *value*, which a script's variable
/// without a value would leave to chance.
std::string not_empty(const std::string& value);

/// For CLI11: what is wrong with *value* as an id or a name. One that is empty,
/// `.` or `..` would make the address of something else of it.
std::string is_id(const std::string& value);

/// The answer to a question for approval.
/// @param comment Empty: none.
json_text approval_answer(bool approved, const std::string& comment);

/// JSON where it is some, text otherwise; `@file` stands for its content.
caf::expected<json_text> read_input_value(const std::string& option,
                                          const std::string& text);

/// An instant, or how long ago it was: `2027-01-31T09:00:00Z`, `7d`.
caf::expected<timestamp> read_moment(const std::string& option,
                                     const std::string& text);

/// Dollars, not negative.
caf::expected<micro_usd> read_money(const std::string& option,
                                    const std::string& text);

} // namespace machine::cli

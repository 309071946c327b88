#include "actors/orchestrator/workflow/schema_values.hpp"

#include "actors/orchestrator/workflow/schema_parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace machine::orchestrator {

using nlohmann::json;

namespace {

bool is_integer(const json& x) {
  return x.is_number_integer()
      || (x.is_number_float()
          && std::floor(x.get<double>()) == x.get<double>());
}

} // namespace

bool has_type(const json& value, const std::string& type) {
  if (type == "null")
    return value.is_null();
  if (type == "boolean")
    return value.is_boolean();
  if (type == "integer")
    return is_integer(value);
  if (type == "number")
    return value.is_number();
  if (type == "string")
    return value.is_string();
  if (type == "array")
    return value.is_array();
  return value.is_object();
}

std::string excerpt(const json& x) {
  auto text = x.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > 64 ? text.substr(0, 61) + "..." : text;
}

size_t length(const std::string& text) {
  return static_cast<size_t>(
    std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

bool is_multiple(const json& value, const json& of) {
  if (value.is_number_integer() && of.is_number_unsigned())
    return value.is_number_unsigned()
           ? value.get<uint64_t>() % of.get<uint64_t>() == 0
           : value.get<int64_t>() % of.get<int64_t>() == 0;
  auto ratio = value.get<double>() / of.get<double>();
  return std::abs(ratio - std::round(ratio)) < 1e-9;
}

bool has_format(const std::string& text, const std::string& format) {
  static const auto date = compile_pattern("([0-9]{4})-([0-9]{2})-([0-9]{2})");
  static const std::string clock =
    "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?"
    "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
  static const auto time = compile_pattern(clock);
  auto is_date = [](const std::string& x) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    return RE2::FullMatch(x, *date, &year, &month, &day)
        && std::chrono::year_month_day{std::chrono::year{year},
                                       std::chrono::month{month},
                                       std::chrono::day{day}}
             .ok();
  };
  if (format == "date")
    return is_date(text);
  if (format == "time")
    return RE2::FullMatch(text, *time);
  if (format == "date-time")
    return text.size() > 11 && (text[10] == 'T' || text[10] == 't')
        && is_date(text.substr(0, 10))
        && RE2::FullMatch(text.substr(11), *time);
  return true;
}

} // namespace machine::orchestrator

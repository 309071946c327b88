#include "deploy/cli/option_values.hpp"

#include "actors/costs/money.hpp"
#include "runtime/clock.hpp"
#include "runtime/config/config.hpp"
#include "runtime/wire/json.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace machine::cli {

namespace {

constexpr size_t max_input_file = 16u << 20;

} // namespace

caf::expected<std::pair<std::string, std::string>>
cut_pair(const std::string& option, const std::string& text) {
  auto at = text.find('=');
  if (at == std::string::npos || at == 0)
    return make_error(ec::invalid_argument,
                      option + ": expected name=value, got \"" + text + "\"");
  return std::pair{text.substr(0, at), text.substr(at + 1)};
}

caf::expected<json_text> read_input_value(const std::string& option,
                                          const std::string& text) {
  if (!text.starts_with('@'))
    return json_text{wire::is_json(text) ? text : wire::to_json(text)};
  auto path = text.substr(1);
  std::ifstream in{path, std::ios::binary};
  std::error_code code;
  if (!in || std::filesystem::is_directory(path, code))
    return make_error(ec::not_found, option + ": cannot read " + path);
  std::string content(max_input_file + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(
    static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (content.size() > max_input_file)
    return make_error(ec::limit_exceeded,
                      option + ": " + path + " is larger than 16 MiB");
  return json_text{wire::to_json(content)};
}

caf::expected<micro_usd> read_money(const std::string& option,
                                    const std::string& text) {
  auto value = costs::parse_usd(text);
  if (!value)
    return with_context(option, value.error());
  if (*value < 0)
    return make_error(ec::invalid_argument,
                      option + ": " + text + " is negative");
  return *value;
}

caf::expected<timestamp> read_moment(const std::string& option,
                                     const std::string& text) {
  if (auto ago = config::parse_duration(text))
    return wall_clock() - *ago;
  if (auto result = wire::parse_time(text))
    return *result;
  return make_error(ec::invalid_argument,
                    option + ": \"" + text
                      + "\" is no time; write one such as "
                        "2027-01-31T09:00:00Z, or how long ago it was, such as "
                        "12h or 7d");
}

std::string not_empty(const std::string& value) {
  return value.empty() ? "it is empty" : "";
}

std::string is_id(const std::string& value) {
  if (value.empty())
    return "it is empty; lists show what there is";
  if (value == "." || value == "..")
    return "\"" + value + "\" names nothing; lists show what there is";
  return {};
}

json_text approval_answer(bool approved, const std::string& comment) {
  std::string text = approved ? R"({"approved":true)" : R"({"approved":false)";
  if (!comment.empty())
    text += R"(,"comment":)" + wire::to_json(wire::to_utf8(comment));
  return {text + "}"};
}

} // namespace machine::cli

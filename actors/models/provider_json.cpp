#include "actors/models/provider_json.hpp"

#include "runtime/wire/document.hpp"

namespace machine::models {

using nlohmann::json;

json parse_bounded(std::string_view text) {
  // nlohmann bounds nothing, and writes recursively what it has read.
  wire::limits bounds;
  bounds.max_items = 200'000;
  if (!wire::parse_json(text, bounds))
    return json(json::value_t::discarded);
  return json::parse(text, nullptr, false);
}

json object_of(const json_text& x) {
  auto value = parse_bounded(x.text);
  return value.is_object() ? value : json::object();
}

std::string text_at(const json& from, const char* key) {
  if (!from.is_object())
    return {};
  auto i = from.find(key);
  return i != from.end() && i->is_string() ? i->get<std::string>() : "";
}

const json* part_at(const json& from, const char* key) {
  if (!from.is_object())
    return nullptr;
  auto i = from.find(key);
  return i != from.end() && i->is_structured() ? &*i : nullptr;
}

std::optional<uint64_t> count_at(const json& from, const char* key) {
  constexpr uint64_t most = 1'000'000'000;
  if (!from.is_object())
    return std::nullopt;
  auto i = from.find(key);
  if (i == from.end() || !i->is_number_unsigned() || i->get<uint64_t>() > most)
    return std::nullopt;
  return i->get<uint64_t>();
}

std::string effort_of(const chat_request& what, const call_options& options) {
  return what.reasoning_effort.empty() ? options.speaks.reasoning_effort
                                       : what.reasoning_effort;
}

void add_vendor_members(json& body, const chat_request& what,
                        protocol_kind speaks) {
  if (!what.vendor || what.vendor->protocol != wire::to_name(speaks))
    return;
  auto members = object_of(what.vendor->members);
  for (auto& [key, value] : members.items())
    if (!body.contains(key))
      body[key] = value;
}

caf::error garbled(const std::string& what) {
  return make_error(ec::provider_garbled,
                    "the answer is not as the API says: " + what);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == text.npos;
}

std::string call_ids::take(std::string id) {
  auto number = count_++;
  if (id.empty() || taken_.contains(id))
    id = "call_" + std::to_string(turn_) + "_" + std::to_string(number);
  taken_.insert(id);
  return id;
}

} // namespace machine::models

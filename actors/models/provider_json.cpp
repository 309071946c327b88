#include "actors/models/provider_json.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>

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

json kept_blocks(const chat_message& x, protocol_kind speaks,
                 const std::string& model) {
  if (x.role != chat_role::assistant || !x.provider_blocks)
    return nullptr;
  auto kept = parse_bounded(x.provider_blocks->text);
  if (text_at(kept, "protocol") != wire::to_name(speaks)
      || text_at(kept, "model") != model)
    return nullptr;
  return kept;
}

json_text keep_blocks(protocol_kind speaks, const std::string& model,
                      const char* key, json value) {
  json kept{{"protocol", std::string{wire::to_name(speaks)}}, {"model", model}};
  kept[key] = std::move(value);
  return {kept.dump(-1, ' ', false, json::error_handler_t::replace)};
}

void show_result(const chat_message& x, chat_message& shown) {
  for (auto& item : x.attachments)
    if (item.kind != attachment_kind::cache_point) {
      shown.content +=
        "From the result of " + x.tool_call_id.value_or("a tool") + ":";
      shown.attachments.push_back(item);
      shown.attachments.back().at = shown.content.size();
    }
}

net::request post_json(std::string url, const json& body) {
  net::request request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return request;
}

std::string path_segment(std::string_view x) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
  std::string result;
  for (auto c : x) {
    if (plain.find(c) != plain.npos) {
      result += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += digits[byte >> 4];
    result += digits[byte & 15];
  }
  return result;
}

uint64_t take_part(uint64_t& rest, std::optional<uint64_t> count) {
  auto part = std::min(count.value_or(0), rest);
  rest -= part;
  return part;
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

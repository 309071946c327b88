#pragma once

#include "tests/gateway/proxy/say_messages.hpp"

/// Requests as clients of `/v1/responses` spell them.
namespace machine::test {

inline json response_part(const models::attachment& x) {
  if (x.kind == models::attachment_kind::audio)
    return chat_part(x);
  if (x.kind == models::attachment_kind::document) {
    json file{{"type", "input_file"}};
    file[x.data.empty() ? "file_url" : "file_data"] = address_of(x);
    if (!x.name.empty())
      file["filename"] = x.name;
    return file;
  }
  json image{{"type", "input_image"}, {"image_url", address_of(x)}};
  if (!x.detail.empty())
    image["detail"] = x.detail;
  return image;
}

inline json response_content(const models::chat_message& x) {
  if (x.attachments.empty() && x.role != models::chat_role::assistant)
    return x.content;
  auto parts = json::array();
  auto type =
    x.role == models::chat_role::assistant ? "output_text" : "input_text";
  models::for_each_part(
    x,
    [&](std::string_view text) {
      parts.push_back({{"type", type}, {"text", text}});
    },
    [&](const models::attachment& item) {
      if (item.kind == models::attachment_kind::cache_point)
        mark_part(parts, item);
      else
        parts.push_back(response_part(item));
    });
  return parts;
}

inline void say_thoughts(json& out, const json& kept) {
  for (auto& block : sealed_blocks(kept)) {
    if (block["type"] == "thinking") {
      auto summary = json::array();
      if (block["thinking"] != "")
        summary.push_back(
          {{"type", "summary_text"}, {"text", block["thinking"]}});
      out.push_back({{"type", "reasoning"},
                     {"id", "rs_1"},
                     {"summary", summary},
                     {"encrypted_content", block["signature"]}});
    } else if (block["type"] == "redacted_thinking") {
      out.push_back({{"type", "reasoning"},
                     {"id", "rs_1"},
                     {"summary", json::array()},
                     {"encrypted_content", block["data"]}});
    }
  }
}

inline void say_items(json& out, const models::chat_message& x) {
  using models::chat_role;
  if (x.role == chat_role::tool) {
    out.push_back({{"type", "function_call_output"},
                   {"call_id", *x.tool_call_id},
                   {"output", response_content(x)}});
    return;
  }
  if (x.provider_blocks)
    say_thoughts(out, json::parse(x.provider_blocks->text));
  if (!x.content.empty() || !x.attachments.empty() || x.tool_calls.empty())
    out.push_back({{"role", std::string{wire::to_name(x.role)}},
                   {"content", response_content(x)}});
  for (auto& call : x.tool_calls)
    out.push_back({{"type", "function_call"},
                   {"call_id", call.id},
                   {"name", call.name},
                   {"arguments", call.arguments.text}});
}

inline std::string say_response(const asked& x) {
  auto& what = x.request;
  json out{{"model", x.model}, {"stream", x.manner.streams}};
  out["input"] = json::array();
  for (auto& message : what.messages) {
    auto is_first = &message == &what.messages.front();
    if (is_first && message.role == models::chat_role::system
        && message.attachments.empty())
      out["instructions"] = message.content;
    else
      say_items(out["input"], message);
  }
  for (auto& tool : what.tools)
    out["tools"].push_back({{"type", "function"},
                            {"name", tool.name},
                            {"description", tool.description},
                            {"parameters", json::parse(tool.parameters.text)}});
  if (x.is_bounded)
    out["max_output_tokens"] = what.max_output_tokens;
  if (what.choice && what.choice->mode == models::tool_mode::named)
    out["tool_choice"] = {{"type", "function"}, {"name", what.choice->name}};
  else if (what.choice)
    out["tool_choice"] = chat_choice(*what.choice);
  if (what.output_schema)
    out["text"]["format"] = {{"type", "json_schema"},
                             {"name", what.output_name},
                             {"schema", json::parse(what.output_schema->text)}};
  if (what.json_output)
    out["text"]["format"] = {{"type", "json_object"}};
  if (!what.reasoning_effort.empty())
    out["reasoning"] = {{"effort", what.reasoning_effort}};
  say(out, "temperature", what.temperature);
  say(out, "top_p", what.draws.top_p);
  say(out, "parallel_tool_calls", what.parallel_tools);
  if (!what.end_user.empty())
    out["safety_identifier"] = what.end_user;
  if (what.vendor)
    out.update(json::parse(what.vendor->members.text));
  return out.dump();
}

} // namespace machine::test

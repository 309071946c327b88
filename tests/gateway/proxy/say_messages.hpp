#pragma once

#include "tests/gateway/proxy/talk.hpp"

#include "gateway/proxy/thoughts.hpp"
#include "tests/gateway/proxy/say_chat.hpp"

/// Requests as clients of `/v1/messages` spell them.
namespace machine::test {

/// How results of tools and what a user says after them are sent.
enum class result_form { together, apart };

inline json message_source(const models::attachment& x) {
  if (x.data.empty())
    return {{"type", "url"}, {"url", x.url}};
  return {{"type", "base64"}, {"media_type", x.media_type}, {"data", x.data}};
}

inline json message_blocks(const models::chat_message& x) {
  auto out = json::array();
  models::for_each_part(
    x,
    [&](std::string_view text) {
      out.push_back({{"type", "text"}, {"text", text}});
    },
    [&](const models::attachment& item) {
      if (item.kind == models::attachment_kind::cache_point) {
        out.back()["cache_control"] = cache_control(item);
        return;
      }
      out.push_back(
        {{"type", part_type(item)}, {"source", message_source(item)}});
      if (!item.name.empty())
        out.back()["title"] = item.name;
    });
  return out;
}

/// Blocks with thoughts, as a client has got them from us.
inline json sealed_blocks(const json& kept) {
  using gateway::proxy::thought_seal;
  auto out = json::array();
  for (auto block : kept["content"]) {
    thought_seal seal;
    seal.protocol = kept["protocol"];
    seal.model = kept["model"];
    if (block["type"] == "thinking") {
      seal.content = block["signature"];
      block["signature"] = to_text(seal);
    } else if (block["type"] == "redacted_thinking") {
      seal.kind = thought_seal::kind_type::whole;
      seal.content = block["data"];
      block["data"] = to_text(seal);
    }
    out.push_back(block);
  }
  return out;
}

inline json message_content(const models::chat_message& x) {
  if (x.provider_blocks)
    return sealed_blocks(json::parse(x.provider_blocks->text));
  if (x.role == models::chat_role::tool) {
    json result{{"type", "tool_result"}, {"tool_use_id", *x.tool_call_id}};
    if (x.attachments.empty())
      result["content"] = x.content;
    else
      result["content"] = message_blocks(x);
    return json::array({result});
  }
  if (x.attachments.empty() && x.tool_calls.empty())
    return x.content;
  auto out = message_blocks(x);
  for (auto& call : x.tool_calls)
    out.push_back({{"type", "tool_use"},
                   {"id", call.id},
                   {"name", call.name},
                   {"input", json::parse(call.arguments.text)}});
  return out;
}

inline json messages_json(const std::vector<models::chat_message>& all,
                          size_t from, result_form form) {
  using models::chat_role;
  auto out = json::array();
  auto was_tool = false;
  for (auto i = from; i < all.size(); ++i) {
    auto& x = all[i];
    auto role = x.role == chat_role::assistant ? "assistant"
              : x.role == chat_role::system    ? "system"
                                               : "user";
    auto content = message_content(x);
    auto joins = form == result_form::together && was_tool
              && std::string_view{role} == "user" && content.is_array();
    if (joins)
      for (auto& block : content)
        out.back()["content"].push_back(block);
    else
      out.push_back({{"role", role}, {"content", content}});
    was_tool = x.role == chat_role::tool;
  }
  return out;
}

inline json message_choice(const models::chat_request& what) {
  using models::tool_mode;
  auto choice = what.choice.value_or(models::tool_choice{});
  json out{{"type", choice.mode == tool_mode::automatic  ? "auto"
                    : choice.mode == tool_mode::none     ? "none"
                    : choice.mode == tool_mode::required ? "any"
                                                         : "tool"}};
  if (choice.mode == tool_mode::named)
    out["name"] = choice.name;
  if (what.parallel_tools)
    out["disable_parallel_tool_use"] = !*what.parallel_tools;
  return out;
}

inline std::string say_messages(asked x,
                                result_form form = result_form::together) {
  auto& what = x.request;
  json out{{"model", x.model},
           {"stream", x.manner.streams},
           {"max_tokens", what.max_output_tokens}};
  for (auto& tool : what.tools)
    out["tools"].push_back(
      {{"name", tool.name},
       {"description", tool.description},
       {"input_schema", json::parse(tool.parameters.text)}});
  auto& first = what.messages.front();
  auto marks_tools = !first.attachments.empty()
                  && part_type(first.attachments.front()) == "mark"
                  && first.attachments.front().at == 0;
  if (marks_tools) {
    out["tools"].back()["cache_control"] =
      cache_control(first.attachments.front());
    first.attachments.erase(first.attachments.begin());
  }
  auto has_system =
    first.role == models::chat_role::system && !first.content.empty();
  if (has_system)
    out["system"] = message_content(first);
  out["messages"] = messages_json(what.messages, has_system ? 1 : 0, form);
  if (what.choice || what.parallel_tools)
    out["tool_choice"] = message_choice(what);
  if (what.output_schema)
    out["output_config"]["format"] = {
      {"type", "json_schema"},
      {"schema", json::parse(what.output_schema->text)}};
  if (!what.reasoning_effort.empty())
    out["output_config"]["effort"] = what.reasoning_effort;
  if (what.reasoning_tokens)
    out["thinking"] = {{"type", "enabled"},
                       {"budget_tokens", *what.reasoning_tokens}};
  if (what.vendor)
    out.update(json::parse(what.vendor->members.text));
  say(out, "temperature", what.temperature);
  say(out, "top_p", what.draws.top_p);
  say(out, "top_k", what.draws.top_k);
  if (!what.draws.stop.empty())
    out["stop_sequences"] = what.draws.stop;
  if (!what.end_user.empty())
    out["metadata"] = {{"user_id", what.end_user}};
  return out.dump();
}

} // namespace machine::test

#pragma once

#include "tests/gateway/proxy/talk.hpp"

#include "runtime/wire/wire.hpp"

/// Requests as clients of `/v1/chat/completions` spell them.
namespace machine::test {

inline json chat_part(const models::attachment& x) {
  if (x.kind == models::attachment_kind::audio)
    return {{"type", "input_audio"},
            {"input_audio",
             {{"data", x.data},
              {"format", x.media_type == "audio/wav" ? "wav" : "mp3"}}}};
  if (x.kind == models::attachment_kind::document) {
    json file{{"file_data", address_of(x)}};
    if (!x.name.empty())
      file["filename"] = x.name;
    return {{"type", "file"}, {"file", file}};
  }
  json image{{"url", address_of(x)}};
  if (!x.detail.empty())
    image["detail"] = x.detail;
  return {{"type", "image_url"}, {"image_url", image}};
}

/// A mark for the cache stands on the part before it.
inline void mark_part(json& parts, const models::attachment& x) {
  if (x.detail.empty())
    parts.back()["prompt_cache_breakpoint"] = {{"mode", "explicit"}};
  else
    parts.back()["cache_control"] = cache_control(x);
}

inline json chat_content(const models::chat_message& x) {
  if (x.attachments.empty())
    return x.content;
  auto parts = json::array();
  models::for_each_part(
    x,
    [&](std::string_view text) {
      parts.push_back({{"type", "text"}, {"text", text}});
    },
    [&](const models::attachment& item) {
      if (item.kind == models::attachment_kind::cache_point)
        mark_part(parts, item);
      else
        parts.push_back(chat_part(item));
    });
  return parts;
}

inline json chat_message_json(const models::chat_message& x) {
  json out{{"role", std::string{wire::to_name(x.role)}},
           {"content", chat_content(x)}};
  if (x.content.empty() && x.attachments.empty() && !x.tool_calls.empty())
    out["content"] = nullptr;
  if (x.tool_call_id)
    out["tool_call_id"] = *x.tool_call_id;
  for (auto& call : x.tool_calls)
    out["tool_calls"].push_back(
      {{"id", call.id},
       {"type", "function"},
       {"function",
        {{"name", call.name}, {"arguments", call.arguments.text}}}});
  return out;
}

inline json chat_choice(const models::tool_choice& x) {
  if (x.mode == models::tool_mode::named)
    return {{"type", "function"}, {"function", {{"name", x.name}}}};
  return std::string{wire::to_name(x.mode)};
}

/// *x* becomes the member *name* of *out*, if there is one.
template <class T>
void say(json& out, const char* name, const std::optional<T>& x) {
  if (x)
    out[name] = *x;
}

inline std::string say_chat(const asked& x) {
  auto& what = x.request;
  json out{{"model", x.model}, {"stream", x.manner.streams}};
  out["messages"] = json::array();
  for (auto& message : what.messages)
    out["messages"].push_back(chat_message_json(message));
  for (auto& tool : what.tools)
    out["tools"].push_back(
      {{"type", "function"},
       {"function",
        {{"name", tool.name},
         {"description", tool.description},
         {"parameters", json::parse(tool.parameters.text)}}}});
  if (x.manner.counts_in_stream)
    out["stream_options"] = {{"include_usage", true}};
  if (x.is_bounded)
    out["max_completion_tokens"] = what.max_output_tokens;
  if (what.choice)
    out["tool_choice"] = chat_choice(*what.choice);
  if (what.output_schema)
    out["response_format"] = {
      {"type", "json_schema"},
      {"json_schema",
       {{"name", what.output_name},
        {"schema", json::parse(what.output_schema->text)}}}};
  if (what.json_output)
    out["response_format"] = {{"type", "json_object"}};
  say(out, "temperature", what.temperature);
  say(out, "parallel_tool_calls", what.parallel_tools);
  say(out, "top_p", what.draws.top_p);
  say(out, "top_k", what.draws.top_k);
  say(out, "frequency_penalty", what.draws.frequency_penalty);
  say(out, "presence_penalty", what.draws.presence_penalty);
  say(out, "seed", what.draws.seed);
  if (!what.draws.stop.empty())
    out["stop"] = what.draws.stop;
  if (!what.reasoning_effort.empty())
    out["reasoning_effort"] = what.reasoning_effort;
  if (!what.end_user.empty())
    out["user"] = what.end_user;
  if (what.vendor)
    out.update(json::parse(what.vendor->members.text));
  return out.dump();
}

} // namespace machine::test

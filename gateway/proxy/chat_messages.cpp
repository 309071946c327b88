#include "gateway/proxy/chat_messages.hpp"

#include "gateway/proxy/media.hpp"
#include "gateway/proxy/openai_parts.hpp"

#include <algorithm>
#include <array>

namespace machine::gateway::proxy {

using models::chat_role;

namespace {

constexpr size_t max_parts = 10'000;
constexpr size_t max_calls = 1'000;

std::optional<chat_role> role_of(std::string_view name) {
  if (name == "system" || name == "developer")
    return chat_role::system;
  if (name == "user")
    return chat_role::user;
  if (name == "assistant")
    return chat_role::assistant;
  if (name == "tool" || name == "function")
    return chat_role::tool;
  return std::nullopt;
}

} // namespace

caf::error chat_message_reader::read(const value& message) {
  using self = chat_message_reader;
  static constexpr std::array<known_member<self>, 9> known{{
    {"role", &self::nothing},
    {"content", &self::content},
    {"name", &self::name},
    {"refusal", &self::refusal},
    {"audio", &self::audio},
    {"tool_calls", &self::calls},
    {"function_call", &self::legacy_call},
    {"tool_call_id", &self::answers},
    {"cache_control", &self::mark},
  }};
  auto at = message.required("role");
  if (!at)
    return std::move(at.error());
  auto text = at->text();
  auto role = text ? role_of(*text) : std::nullopt;
  if (!role)
    return at->wrong("this is no role; write system, developer, user, "
                     "assistant or tool");
  auto made = draft_.add_message(message, *role);
  if (!made)
    return std::move(made.error());
  to_ = *made;
  role_ = *text;
  name_.reset();
  marked_ = false;
  if (auto err = read_members<self>(*this, known, message, draft_))
    return err;
  return complete(message);
}

caf::error chat_message_reader::nothing(const value&) {
  return caf::none;
}

caf::error chat_message_reader::content(const value& x) {
  content_builder to{*to_};
  if (x.is_text()) {
    to.add_text(*x.text());
    return caf::none;
  }
  if (!x.is_list())
    return x.wrong("this has to be a string, or a list of parts");
  return x.each_element(max_parts, [&](const value& y) { return part(y, to); });
}

caf::error chat_message_reader::part(const value& x, content_builder& to) {
  auto type = x.type();
  if (!type)
    return std::move(type.error());
  if (*type != "text" && *type != "refusal")
    return attached(x, *type, to);
  if (*type == "refusal" && to_->role != chat_role::assistant)
    return x.wrong("only assistants refuse; send a part of type text");
  auto at = x.required(*type);
  if (!at)
    return std::move(at.error());
  auto text = at->text();
  if (!text)
    return std::move(text.error());
  draft_.ignore_others(
    x, {"type", *type, "prompt_cache_breakpoint", "cache_control"});
  to.add_text(*text);
  return mark_after(x, to);
}

caf::error chat_message_reader::attached(const value& x, std::string_view type,
                                         content_builder& to) {
  auto is_known =
    type == "image_url" || type == "input_audio" || type == "file";
  if (!is_known)
    return x.wrong("parts of type " + wire::excerpt(type)
                   + " are not taken; send text, image_url, input_audio or "
                     "file");
  if (to_->role != chat_role::user && to_->role != chat_role::tool)
    return x.wrong("only users and tools send parts of type "
                   + std::string{type});
  auto at = x.required(type);
  if (!at)
    return std::move(at.error());
  draft_.ignore_others(
    x, {"type", type, "prompt_cache_breakpoint", "cache_control"});
  if (type == "file") {
    if (auto err = read_file(*at, to, draft_))
      return err;
  } else if (type == "input_audio") {
    auto sound = read_audio(*at);
    if (!sound)
      return std::move(sound.error());
    to.add(std::move(*sound));
  } else if (at->is_text()) {
    if (auto err = read_image(*at, std::nullopt, to))
      return err;
  } else {
    auto url = at->required("url");
    if (!url)
      return std::move(url.error());
    if (auto err = read_image(*url, at->member("detail"), to))
      return err;
    draft_.ignore_others(*at, {"url", "detail"});
  }
  return mark_after(x, to);
}

caf::error chat_message_reader::name(const value& x) {
  if (role_ != "function") {
    draft_.ignore(x);
    return caf::none;
  }
  return set(name_, x.text(max_name));
}

caf::error chat_message_reader::refusal(const value& x) {
  auto text = x.text();
  if (!text)
    return std::move(text.error());
  to_->content += *text;
  return caf::none;
}

caf::error chat_message_reader::audio(const value& x) {
  return x.wrong("sounds of earlier answers are not kept; leave this out, and "
                 "send what was said as content");
}

caf::error chat_message_reader::calls(const value& x) {
  if (to_->role != chat_role::assistant)
    return x.wrong("only assistants call tools");
  return x.each_element(max_calls, [this](const value& y) { return call(y); });
}

caf::error chat_message_reader::call(const value& x) {
  auto type = x.member("type");
  if (type)
    if (auto name = type->one_of({"function"}); !name)
      return type->wrong("calls of this type are not offered; send calls of "
                         "type function");
  auto id = x.required("id");
  if (!id)
    return std::move(id.error());
  auto text = id->text(max_name);
  if (!text)
    return std::move(text.error());
  auto function = x.required("function");
  if (!function)
    return std::move(function.error());
  draft_.ignore_others(x, {"type", "id", "function", "index"});
  return add_call(*function, std::string{*text});
}

caf::error chat_message_reader::add_call(const value& function,
                                         std::string id) {
  models::tool_call made;
  made.id = std::move(id);
  auto name = function.required("name");
  if (!name)
    return std::move(name.error());
  if (auto err = set(made.name, draft_.tool_name(*name)))
    return err;
  auto arguments = function.member("arguments");
  // Some clients send the object itself.
  if (arguments && arguments->is_object()) {
    if (auto err = set(made.arguments, arguments->object()))
      return err;
  } else {
    auto text =
      arguments ? arguments->text() : caf::expected<std::string_view>{""};
    if (!text)
      return std::move(text.error());
    made.arguments = read_arguments(*text);
  }
  to_->tool_calls.push_back(std::move(made));
  return caf::none;
}

/// The forerunner of `tool_calls`: one call, whose answer names its function.
caf::error chat_message_reader::legacy_call(const value& x) {
  if (to_->role != chat_role::assistant)
    return x.wrong("only assistants call functions");
  if (legacy_.size() >= max_calls)
    return x.wrong("there are more than 1000 of these; send tool_calls");
  auto id = "function_call_" + std::to_string(legacy_.size());
  if (auto err = add_call(x, id))
    return err;
  legacy_.emplace_back(to_->tool_calls.back().name, id);
  return caf::none;
}

caf::error chat_message_reader::answers(const value& x) {
  if (role_ != "tool")
    return x.wrong("only tools answer calls; write it in a message whose role "
                   "is tool");
  return set(to_->tool_call_id, x.text(max_name));
}

caf::error chat_message_reader::mark(const value& x) {
  marked_ = true;
  return set(mark_for_, read_cache_control(x));
}

caf::error chat_message_reader::complete(const value& message) {
  if (marked_)
    content_builder{*to_}.mark(mark_for_);
  auto may_be_empty = role_ == "assistant" || role_ == "function";
  if (!may_be_empty && !message.member("content"))
    return message.required("content").error();
  if (role_ == "tool" && !to_->tool_call_id)
    return message.required("tool_call_id").error();
  if (role_ != "function")
    return caf::none;
  if (!name_)
    return message.required("name").error();
  // The last call of that function.
  auto found = std::find_if(legacy_.rbegin(), legacy_.rend(),
                            [&](auto& x) { return x.first == *name_; });
  if (found == legacy_.rend())
    return message.wrong("no function_call before this calls "
                         + wire::excerpt(*name_));
  to_->tool_call_id = found->second;
  return caf::none;
}

} // namespace machine::gateway::proxy

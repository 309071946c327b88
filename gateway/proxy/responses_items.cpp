#include "gateway/proxy/responses_items.hpp"

#include "gateway/proxy/media.hpp"
#include "gateway/proxy/openai_parts.hpp"
#include "gateway/proxy/responses_thoughts.hpp"

namespace machine::gateway::proxy {

using models::chat_message;
using models::chat_role;

namespace {

constexpr size_t max_response_parts = 10'000;

/// Items that nothing here could have made.
bool is_of_built_in(std::string_view type) {
  return type.ends_with("_call") || type.ends_with("_call_output")
      || type.starts_with("mcp_") || type.starts_with("tool_search")
      || type.starts_with("program");
}

/// How long what stands before the end of *x* may be kept, if it says so.
std::optional<std::string> mark_at_end(const chat_message& x) {
  if (x.attachments.empty() || x.attachments.back().at != x.content.size())
    return std::nullopt;
  return x.attachments.back().detail;
}

} // namespace

caf::error response_item_reader::read(const value& item) {
  if (!item.is_object())
    return item.wrong("this has to be an object");
  auto at = item.member("type");
  auto type = at ? at->text() : caf::expected<std::string_view>{"message"};
  if (!type)
    return std::move(type.error());
  if (*type == "message")
    return message(item);
  if (*type == "function_call")
    return call(item);
  if (*type == "function_call_output")
    return output(item);
  if (*type == "reasoning")
    return thought(item);
  if (*type == "item_reference")
    return item.wrong("nothing is kept here that could be referred to; send "
                      "the item itself");
  if (is_of_built_in(*type))
    return item.wrong("items of type " + wire::excerpt(*type)
                      + " are of tools that are not offered; send messages, "
                        "function_call, function_call_output and reasoning");
  return item.wrong("items of type " + wire::excerpt(*type)
                    + " are not taken; send message, function_call, "
                      "function_call_output or reasoning");
}

void response_item_reader::finish() {
  if (goes_on_)
    draft_.request().messages.back().provider_blocks =
      kept_for_any_provider(parts_);
  goes_on_ = false;
  parts_.clear();
}

caf::expected<chat_message*> response_item_reader::assistant(const value& at) {
  if (goes_on_)
    return &draft_.request().messages.back();
  auto made = draft_.add_message(at, chat_role::assistant);
  goes_on_ = static_cast<bool>(made);
  return made;
}

caf::error response_item_reader::message(const value& x) {
  auto at = x.required("role");
  if (!at)
    return std::move(at.error());
  auto name = at->one_of({"user", "assistant", "system", "developer"});
  if (!name)
    return std::move(name.error());
  draft_.ignore_others(x, {"type", "role", "content", "id", "status"});
  auto inside = x.required("content");
  if (!inside)
    return std::move(inside.error());
  if (*name == "assistant")
    return said(x, *inside);
  finish();
  auto made = draft_.add_message(x, *name == "user" ? chat_role::user
                                                    : chat_role::system);
  return made ? content(*inside, **made) : std::move(made.error());
}

caf::error response_item_reader::said(const value& x, const value& inside) {
  auto to = assistant(x);
  if (!to)
    return std::move(to.error());
  auto& all = (*to)->content;
  // Two messages are two paragraphs.
  if (!all.empty())
    all += '\n';
  auto before = all.size();
  auto attached = (*to)->attachments.size();
  if (auto err = content(inside, **to))
    return err;
  auto& part = parts_.emplace_back();
  part.text = all.substr(before);
  if ((*to)->attachments.size() > attached)
    part.mark = mark_at_end(**to);
  return caf::none;
}

caf::error response_item_reader::content(const value& x, chat_message& to) {
  content_builder builder{to};
  if (x.is_text()) {
    builder.add_text(*x.text());
    return caf::none;
  }
  if (!x.is_list())
    return x.wrong("this has to be a string, or a list of parts");
  return x.each_element(max_response_parts,
                        [&](const value& y) { return part(y, to, builder); });
}

caf::error response_item_reader::part(const value& x, chat_message& to,
                                      content_builder& builder) {
  auto type = x.type();
  if (!type)
    return std::move(type.error());
  caf::error err;
  if (*type == "input_text" || *type == "output_text" || *type == "text")
    err = text(x, "text", builder);
  else if (*type == "refusal" && to.role == chat_role::assistant)
    err = text(x, "refusal", builder);
  else if (to.role == chat_role::assistant)
    err = x.wrong("assistants say nothing of type " + wire::excerpt(*type)
                  + "; send output_text");
  else if (*type == "input_image")
    err = image(x, builder);
  else if (*type == "input_file")
    err = read_file(x, builder, draft_);
  else if (*type == "input_audio")
    err = sound(x, builder);
  else
    err = x.wrong("parts of type " + wire::excerpt(*type)
                  + " are not taken; send input_text, input_image, input_file "
                    "or input_audio");
  return err ? err : mark_after(x, builder);
}

caf::error response_item_reader::text(const value& x, std::string_view member,
                                      content_builder& to) {
  auto at = x.required(member);
  if (!at)
    return std::move(at.error());
  auto text = at->text();
  if (!text)
    return std::move(text.error());
  draft_.ignore_others(x, {"type", member, "annotations", "logprobs",
                           "prompt_cache_breakpoint", "cache_control"});
  to.add_text(*text);
  return caf::none;
}

caf::error response_item_reader::image(const value& x, content_builder& to) {
  if (auto id = x.member("file_id"))
    return id->wrong("files that a provider keeps cannot be named here; send "
                     "the image itself as image_url");
  draft_.ignore_others(x, {"type", "image_url", "detail",
                           "prompt_cache_breakpoint", "cache_control"});
  auto url = x.required("image_url");
  return url ? read_image(*url, x.member("detail"), to)
             : std::move(url.error());
}

caf::error response_item_reader::sound(const value& x, content_builder& to) {
  auto at = x.required("input_audio");
  if (!at)
    return std::move(at.error());
  auto sound = read_audio(*at);
  if (!sound)
    return std::move(sound.error());
  to.add(std::move(*sound));
  return caf::none;
}

caf::error response_item_reader::call(const value& x) {
  models::tool_call made;
  auto id = x.required("call_id");
  if (!id)
    return std::move(id.error());
  if (auto err = set(made.id, id->text(max_name)))
    return err;
  auto name = x.required("name");
  if (!name)
    return std::move(name.error());
  if (auto err = set(made.name, draft_.tool_name(*name)))
    return err;
  auto arguments = x.required("arguments");
  if (!arguments)
    return std::move(arguments.error());
  auto text = arguments->text();
  if (!text)
    return std::move(text.error());
  made.arguments = read_arguments(*text);
  draft_.ignore_others(
    x, {"type", "id", "call_id", "name", "arguments", "status"});
  auto to = assistant(x);
  if (!to)
    return std::move(to.error());
  calls_.insert(made.id);
  parts_.push_back({answer_part::kind_type::call,
                    made.arguments.text,
                    {},
                    made.id,
                    made.name});
  (*to)->tool_calls.push_back(std::move(made));
  return caf::none;
}

caf::error response_item_reader::output(const value& x) {
  finish();
  auto id = x.required("call_id");
  if (!id)
    return std::move(id.error());
  auto text = id->text(max_name);
  if (!text)
    return std::move(text.error());
  // Whoever sends results alone relies on answers that are kept.
  if (!calls_.contains(std::string{*text}))
    return id->wrong("no function_call before this has this id; send the whole "
                     "conversation, the output of earlier answers included");
  auto inside = x.required("output");
  if (!inside)
    return std::move(inside.error());
  auto made = draft_.add_message(x, chat_role::tool);
  if (!made)
    return std::move(made.error());
  (*made)->tool_call_id = std::string{*text};
  draft_.ignore_others(x, {"type", "id", "call_id", "output", "status"});
  return content(*inside, **made);
}

/// What the model thought goes back to it if we have sealed it, and if it said
/// or called something after that.
caf::error response_item_reader::thought(const value& x) {
  draft_.ignore_others(
    x, {"type", "id", "summary", "content", "encrypted_content", "status"});
  std::string summary;
  auto add = [&](const value& y) -> caf::error {
    auto at = y.required("text");
    if (!at)
      return std::move(at.error());
    auto text = at->text();
    if (!text)
      return std::move(text.error());
    summary += *text;
    return caf::none;
  };
  for (auto name : {"summary", "content"})
    if (auto list = x.member(name))
      if (auto err = list->each_element(max_response_parts, add))
        return err;
  auto at = x.member("encrypted_content");
  if (!at)
    return caf::none;
  auto encrypted = at->text();
  if (!encrypted)
    return std::move(encrypted.error());
  if (read_seal(*encrypted))
    parts_.push_back({answer_part::kind_type::thought, std::move(summary),
                      std::string{*encrypted}});
  else
    draft_.ignore(*at);
  return caf::none;
}

} // namespace machine::gateway::proxy

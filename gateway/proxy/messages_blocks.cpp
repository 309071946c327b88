#include "gateway/proxy/messages_blocks.hpp"

#include "gateway/proxy/openai_parts.hpp"

namespace machine::gateway::proxy {

using models::attachment_kind;
using models::chat_message;
using models::chat_role;

namespace {

/// Results that say so themselves need no word before them.
bool tells_of_error(std::string_view text) {
  return text.starts_with("Error") || text.starts_with("error");
}

void prefix_error(chat_message& to) {
  constexpr std::string_view prefix = "Error: ";
  if (tells_of_error(to.content))
    return;
  to.content.insert(0, prefix);
  for (auto& x : to.attachments)
    x.at += prefix.size();
}

} // namespace

caf::error message_block_reader::open(const value& at, chat_role role) {
  if (builder_)
    return caf::none;
  auto made = draft_.add_message(at, role);
  if (!made)
    return std::move(made.error());
  at_ = draft_.request().messages.size() - 1;
  builder_.emplace(**made);
  return caf::none;
}

caf::error message_block_reader::read(const value& message) {
  auto at = message.required("role");
  if (!at)
    return std::move(at.error());
  auto name = at->one_of({"user", "assistant", "system"});
  if (!name)
    return std::move(name.error());
  draft_.ignore_others(message, {"role", "content"});
  auto inside = message.required("content");
  if (!inside)
    return std::move(inside.error());
  auto role = *name == "user"      ? chat_role::user
            : *name == "assistant" ? chat_role::assistant
                                   : chat_role::system;
  return read_content(*inside, role);
}

caf::error message_block_reader::read_system(const value& x) {
  if (x.is_text() && x.text()->empty())
    return caf::none;
  return read_content(x, chat_role::system);
}

caf::error message_block_reader::read_content(const value& x, chat_role role) {
  builder_.reset();
  parts_.clear();
  auto before = draft_.request().messages.size();
  if (x.is_text()) {
    if (auto err = open(x, role))
      return err;
    builder_->add_text(*x.text());
    return caf::none;
  }
  if (!x.is_list())
    return x.wrong("this has to be a string, or a list of blocks");
  auto err =
    x.each_element(max_blocks, [&](const value& y) { return block(y, role); });
  if (err)
    return err;
  auto& all = draft_.request().messages;
  if (all.size() == before)
    return open(x, role);
  if (role == chat_role::assistant)
    all.back().provider_blocks = kept_for_provider(parts_);
  return caf::none;
}

caf::error message_block_reader::block(const value& x, chat_role role) {
  auto type = x.type();
  if (!type)
    return std::move(type.error());
  if (role == chat_role::user && *type == "tool_result")
    return result(x);
  if (auto err = open(x, role))
    return err;
  if (role == chat_role::assistant && *type == "tool_use")
    return call(x);
  if (role == chat_role::assistant
      && (*type == "thinking" || *type == "redacted_thinking"))
    return thought(x, *type);
  if (*type != "text" && role != chat_role::user)
    return x.wrong("blocks of type " + wire::excerpt(*type)
                   + " are not taken here; send text"
                   + (role == chat_role::assistant
                        ? ", tool_use, thinking or redacted_thinking"
                        : ""));
  if (auto err = show(x, *type, *builder_))
    return err;
  if (role != chat_role::assistant)
    return caf::none;
  auto text = x.required("text");
  parts_.push_back({answer_part::kind_type::text, std::string{*text->text()}});
  mark_last_part(x);
  return caf::none;
}

void message_block_reader::mark_last_part(const value& x) {
  auto& to = draft_.request().messages[*at_];
  if (x.member("cache_control"))
    parts_.back().mark = to.attachments.back().detail;
}

caf::error message_block_reader::result(const value& x) {
  // What came before stands before it.
  builder_.reset();
  auto made = draft_.add_message(x, chat_role::tool);
  if (!made)
    return std::move(made.error());
  auto& to = **made;
  content_builder builder{to};
  auto id = x.required("tool_use_id");
  if (!id)
    return std::move(id.error());
  if (auto err = set(to.tool_call_id, id->text(max_name)))
    return err;
  draft_.ignore_others(x, {"type", "tool_use_id", "content", "is_error",
                           "cache_control", "toolset_name"});
  if (auto inside = x.member("content")) {
    if (inside->is_text()) {
      builder.add_text(*inside->text());
    } else {
      auto err = inside->each_element(max_blocks, [&](const value& y) {
        auto type = y.type();
        return type ? show(y, *type, builder) : std::move(type.error());
      });
      if (err)
        return err;
    }
  }
  if (auto failed = x.member("is_error")) {
    auto is_error = failed->truth();
    if (!is_error)
      return std::move(is_error.error());
    if (*is_error)
      prefix_error(to);
  }
  return mark_after_block(x, builder);
}

caf::error message_block_reader::call(const value& x) {
  models::tool_call made;
  auto id = x.required("id");
  if (!id)
    return std::move(id.error());
  if (auto err = set(made.id, id->text(max_name)))
    return err;
  auto name = x.required("name");
  if (!name)
    return std::move(name.error());
  if (auto err = set(made.name, draft_.tool_name(*name)))
    return err;
  auto input = x.required("input");
  if (!input)
    return std::move(input.error());
  if (auto err = set(made.arguments, input->object()))
    return err;
  draft_.ignore_others(x, {"type", "id", "name", "input", "cache_control",
                           "caller", "toolset_name"});
  parts_.push_back({answer_part::kind_type::call,
                    made.arguments.text,
                    {},
                    made.id,
                    made.name});
  draft_.request().messages[*at_].tool_calls.push_back(std::move(made));
  if (auto err = mark_after_block(x, *builder_))
    return err;
  mark_last_part(x);
  return caf::none;
}

caf::error message_block_reader::thought(const value& x,
                                         std::string_view type) {
  answer_part made;
  made.kind = answer_part::kind_type::thought;
  auto is_whole = type == "redacted_thinking";
  if (!is_whole)
    if (auto at = x.member("thinking"))
      if (auto err = set(made.text, at->text()))
        return err;
  if (auto at = x.member(is_whole ? "data" : "signature"))
    if (auto err = set(made.seal, at->text()))
      return err;
  draft_.ignore_others(x, {"type", "thinking", "signature", "data"});
  parts_.push_back(std::move(made));
  return caf::none;
}

void message_block_reader::mark_begin(std::string_view how_long) {
  auto& all = draft_.request().messages;
  if (all.empty() || all.front().role != chat_role::system)
    all.insert(all.begin(), {chat_role::system, {}});
  auto& to = all.front().attachments;
  to.insert(to.begin(), {.kind = attachment_kind::cache_point,
                         .detail = std::string{how_long}});
}

void message_block_reader::mark_end(std::string_view how_long) {
  auto& all = draft_.request().messages;
  if (!all.empty())
    content_builder{all.back()}.mark(how_long);
}

} // namespace machine::gateway::proxy

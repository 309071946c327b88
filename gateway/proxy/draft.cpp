#include "gateway/proxy/draft.hpp"

#include "actors/models/protocol.hpp"

#include <algorithm>

namespace machine::gateway::proxy {

using models::chat_message;
using models::tool_definition;
using models::tool_mode;

namespace {

/// Bounds on what is said about members that are not heeded.
constexpr size_t max_ignored = 32;
constexpr size_t max_ignored_name = 64;

/// For a header: nothing but what names are made of.
std::string for_header(std::string name) {
  name.resize(std::min(name.size(), max_ignored_name));
  for (auto& c : name) {
    auto fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
             || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    if (!fits)
      c = '?';
  }
  return name;
}

bool is_name(std::string_view text) {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

} // namespace

void request_draft::ignore(const value& x) {
  auto& all = result.ignored;
  if (all.size() >= max_ignored)
    return;
  auto name = for_header(x.plain_path());
  if (std::find(all.begin(), all.end(), name) == all.end())
    all.push_back(std::move(name));
}

void request_draft::ignore_others(
  const value& x, std::initializer_list<std::string_view> known) {
  x.each_member([&](const value& member) -> caf::error {
    if (std::find(known.begin(), known.end(), member.key()) == known.end())
      ignore(member);
    return caf::none;
  });
}

void request_draft::pass_on(std::string_view name, std::string_view json) {
  vendor_.raw(vendor_.is_empty() ? "{" : ",").text(name).raw(":").raw(json);
}

void request_draft::repeat(std::string_view name, std::string_view json) {
  repeats_.raw(repeats_.is_empty() ? "{" : ",").text(name).raw(":").raw(json);
}

caf::expected<chat_message*>
request_draft::add_message(const value& at, models::chat_role role) {
  auto& all = request().messages;
  if (all.size() >= max_messages)
    return at.wrong("there are more than " + std::to_string(max_messages)
                    + " messages before this; send fewer");
  auto& made = all.emplace_back();
  made.role = role;
  return &made;
}

caf::expected<std::string> request_draft::tool_name(const value& name) const {
  auto text = name.text();
  if (!text)
    return text.error();
  if (!is_name(*text) || text->size() > longest_name_)
    return name.wrong("this is no name; write 1 to "
                      + std::to_string(longest_name_)
                      + " letters, digits, _ and -");
  return std::string{*text};
}

caf::expected<tool_definition*> request_draft::add_tool(const value& name) {
  auto& all = request().tools;
  if (all.size() >= max_tools)
    return name.wrong("there are more than " + std::to_string(max_tools)
                      + " tools; send fewer");
  auto text = tool_name(name);
  if (!text)
    return text.error();
  if (!tool_names_.insert(*text).second)
    return name.wrong("another tool has this name; give each its own");
  auto& made = all.emplace_back();
  made.name = std::move(*text);
  return &made;
}

caf::error request_draft::choose(const value& at, tool_mode mode) {
  choice_at_ = at.path();
  request().choice = models::tool_choice{mode, {}};
  return caf::none;
}

caf::error request_draft::choose_named(const value& name) {
  auto text = tool_name(name);
  if (!text)
    return text.error();
  choice_at_ = name.path();
  request().choice = models::tool_choice{tool_mode::named, std::move(*text)};
  return caf::none;
}

caf::error request_draft::allow_only(const value& at,
                                     std::unordered_set<std::string> names) {
  choice_at_ = at.path();
  allowed_ = std::move(names);
  return caf::none;
}

/// A choice may stand before the tools that it is about.
caf::error request_draft::apply_choice() {
  auto wrong = [&](const std::string& what) {
    return make_error(ec::invalid_argument, choice_at_ + ": " + what);
  };
  auto& choice = request().choice;
  auto& tools = request().tools;
  if (allowed_) {
    for (auto& name : *allowed_)
      if (!tool_names_.contains(name))
        return wrong("there is no tool " + name + " in tools");
    tools.erase(std::remove_if(
                  tools.begin(), tools.end(),
                  [&](auto& tool) { return !allowed_->contains(tool.name); }),
                tools.end());
  }
  if (!choice)
    return caf::none;
  if (choice->mode == tool_mode::named && !tool_names_.contains(choice->name))
    return wrong("there is no tool " + choice->name + " in tools");
  if (choice->mode == tool_mode::required && tools.empty())
    return wrong("there is no tool to be called; send tools");
  return caf::none;
}

caf::expected<asked> request_draft::finish(std::string_view messages_in,
                                           std::string_view protocol) {
  if (auto err = apply_choice())
    return err;
  if (result.model.empty())
    return make_error(ec::invalid_argument,
                      "model: this is missing; name a model");
  if (request().messages.empty())
    return make_error(ec::invalid_argument,
                      std::string{messages_in}
                        + ": there is no message; send at least one");
  if (!vendor_.is_empty())
    request().vendor =
      models::vendor_members{std::string{protocol}, {vendor_.raw("}").take()}};
  if (!repeats_.is_empty())
    result.manner.repeats = repeats_.raw("}").take();
  return std::move(result);
}

caf::expected<wire::document> parse_body(std::string_view body) {
  constexpr wire::limits bounds{max_body, 64, max_values};
  auto read = wire::view_json(body, bounds);
  // A body that is no longer than it may be is wrong, and not too large.
  if (!read && body.size() <= max_body)
    return make_error(ec::invalid_argument, message_of(read.error()));
  if (!read)
    return read.error();
  if (read->root().kind != wire::node_kind::map)
    return make_error(ec::invalid_argument, "the body has to be a JSON object");
  return read;
}

caf::expected<std::string_view> read_effort(const value& at) {
  return at.one_of(
    {"none", "minimal", "low", "medium", "high", "xhigh", "max"});
}

json_text read_arguments(std::string_view text) {
  // As deep as `arguments_of` has it; objects, which are the rule, are read
  // once.
  constexpr wire::limits bounds{max_body, 48, 200'000};
  if (auto read = wire::view_json(text, bounds);
      read && read->root().kind == wire::node_kind::map)
    return {std::string{text}};
  return models::arguments_of(std::string{text});
}

caf::expected<json_text> read_parameters(const std::optional<value>& at) {
  if (!at)
    return json_text{R"({"type":"object","properties":{}})"};
  return at->object();
}

caf::expected<std::vector<std::string>> read_texts(const value& at,
                                                   size_t most) {
  std::vector<std::string> result;
  auto add = [&](const value& x) -> caf::error {
    auto text = x.text(most);
    if (!text)
      return std::move(text.error());
    result.emplace_back(*text);
    return caf::none;
  };
  if (auto err = at.is_text() ? add(at) : at.each_element(64, add))
    return err;
  return result;
}

} // namespace machine::gateway::proxy

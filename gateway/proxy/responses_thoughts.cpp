#include "gateway/proxy/responses_thoughts.hpp"

#include "gateway/proxy/json_out.hpp"
#include "gateway/proxy/value.hpp"

#include <algorithm>

namespace machine::gateway::proxy {

using models::chat_response;
using part_kind = answer_part::kind_type;

namespace {

constexpr std::string_view responses_protocol = "openai_responses";

/// The text at *name* in *from*; empty if there is none.
std::string text_member(const value& from, std::string_view name) {
  auto found = from.member(name);
  if (!found || !found->is_text())
    return {};
  return std::string{*found->text()};
}

/// The texts of the parts in the list at *name*.
std::string joined_texts(const value& from, std::string_view name) {
  std::string result;
  auto list = from.member(name);
  if (list && list->is_text())
    return std::string{*list->text()};
  if (list)
    list->each_element(max_values, [&](const value& x) -> caf::error {
      result += text_member(x, "text");
      return caf::none;
    });
  return result;
}

/// An item that a provider has kept; none for what is no part of an answer.
std::optional<answer_part> read_kept_item(const value& from,
                                          const std::string& model) {
  auto type = text_member(from, "type");
  answer_part x;
  if (type == "reasoning") {
    x.kind = part_kind::thought;
    x.text = joined_texts(from, "summary");
    x.seal = to_text({x.text.empty() ? thought_seal::kind_type::whole
                                     : thought_seal::kind_type::signature,
                      std::string{responses_protocol}, model,
                      text_member(from, "encrypted_content")});
  } else if (type == "message") {
    x.text = joined_texts(from, "content");
  } else if (type == "function_call") {
    x.kind = part_kind::call;
    x.id = text_member(from, "call_id");
    x.name = text_member(from, "name");
  } else {
    return std::nullopt;
  }
  return x;
}

answer_parts read_kept_items(const chat_response& answer) {
  answer_parts result;
  if (!answer.message.provider_blocks)
    return result;
  auto read = wire::view_json(answer.message.provider_blocks->text, {});
  if (!read)
    return result;
  value root{*read};
  if (text_member(root, "protocol") != responses_protocol)
    return result;
  auto model = text_member(root, "model");
  if (auto items = root.member("items"))
    items->each_element(max_values, [&](const value& x) -> caf::error {
      if (auto part = read_kept_item(x, model))
        result.push_back(std::move(*part));
      return caf::none;
    });
  return result;
}

bool has_thought(const answer_parts& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [](auto& x) { return x.kind == part_kind::thought; });
}

/// Gives the calls in *parts* their arguments. False if texts or calls are not
/// those of *answer*.
bool complete_parts(answer_parts& parts, const chat_response& answer) {
  std::string text;
  size_t calls = 0;
  for (auto& x : parts) {
    if (x.kind == part_kind::text)
      text += x.text;
    if (x.kind != part_kind::call)
      continue;
    if (calls >= answer.message.tool_calls.size()
        || answer.message.tool_calls[calls].id != x.id)
      return false;
    x.text = answer.message.tool_calls[calls++].arguments.text;
  }
  return text == answer.message.content
      && calls == answer.message.tool_calls.size();
}

/// An item as a provider of this dialect takes it. Ids are left out: they name
/// what the provider has stored, which is nothing.
void write_kept_item(json_out& out, const answer_part& x,
                     const thought_seal* seal) {
  out.comma();
  switch (x.kind) {
    case part_kind::thought:
      out.raw(R"({"encrypted_content":)").text(seal->content);
      out.raw(R"(,"summary":[)");
      if (!x.text.empty())
        out.raw(R"({"text":)").text(x.text).raw(R"(,"type":"summary_text"})");
      out.raw(R"(],"type":"reasoning"})");
      break;
    case part_kind::text:
      out.raw(R"({"content":)").text(x.text);
      out.raw(R"(,"role":"assistant","type":"message"})");
      break;
    case part_kind::call:
      out.raw(R"({"arguments":)").text(x.text);
      out.raw(R"(,"call_id":)").text(x.id).raw(R"(,"name":)").text(x.name);
      out.raw(R"(,"type":"function_call"})");
      break;
  }
}

} // namespace

answer_parts response_parts_of(const chat_response& answer,
                               const answer_facts& facts) {
  auto kept = read_kept_items(answer);
  if (!has_thought(kept))
    return parts_of(answer, facts);
  if (complete_parts(kept, answer))
    return kept;
  // The thoughts at least; text and calls are as the answer has them.
  kept.erase(
    std::remove_if(kept.begin(), kept.end(),
                   [](auto& x) { return x.kind != part_kind::thought; }),
    kept.end());
  auto plain = answer;
  plain.message.provider_blocks.reset();
  auto others = facts;
  others.thoughts.clear();
  for (auto& x : parts_of(plain, others))
    kept.push_back(std::move(x));
  return kept;
}

std::optional<json_text> kept_for_any_provider(const answer_parts& parts) {
  std::optional<thought_seal> first;
  json_out items;
  for (auto& x : parts) {
    if (x.kind == part_kind::text && x.text.empty())
      continue;
    if (x.kind != part_kind::thought) {
      write_kept_item(items, x, nullptr);
      continue;
    }
    auto seal = read_seal(x.seal);
    if (!seal)
      continue;
    if (!first)
      first = seal;
    if (first->protocol != responses_protocol)
      return kept_for_provider(parts);
    if (seal->protocol == first->protocol && seal->model == first->model)
      write_kept_item(items, x, &*seal);
  }
  if (!first)
    return std::nullopt;
  json_out out;
  out.raw(R"({"items":[)").raw(items.view());
  out.raw(R"(],"model":)").text(first->model);
  out.raw(R"(,"protocol":"openai_responses"})");
  return json_text{out.take()};
}

} // namespace machine::gateway::proxy

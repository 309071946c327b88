#include "gateway/proxy/thoughts.hpp"

#include "gateway/proxy/json_out.hpp"
#include "gateway/proxy/value.hpp"
#include "runtime/wire/text.hpp"

#include <algorithm>

namespace machine::gateway::proxy {

using models::chat_response;

namespace {

constexpr std::string_view signature_prefix = "tm1.";
constexpr std::string_view whole_prefix = "tm1w.";

/// Bound on the names in a seal, in bytes.
constexpr size_t max_who = 1'024;

constexpr std::string_view anthropic = "anthropic";

std::string to_base64url(std::string_view text) {
  auto result = wire::to_base64(as_bytes(text));
  while (result.ends_with('='))
    result.pop_back();
  std::replace(result.begin(), result.end(), '+', '-');
  std::replace(result.begin(), result.end(), '/', '_');
  return result;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string padded{text};
  if (padded.find_first_of("+/=") != padded.npos)
    return std::nullopt;
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  auto data = wire::from_base64(padded);
  if (!data || !wire::is_utf8(as_text(*data)))
    return std::nullopt;
  return std::string{as_text(*data)};
}

/// The text at *name* in *from*; empty if there is none.
std::string text_in(const value& from, std::string_view name) {
  auto found = from.member(name);
  if (!found || !found->is_text())
    return {};
  return std::string{*found->text()};
}

/// A part of what `keep_thoughts` has kept; none for what is no part.
std::optional<answer_part> read_kept_part(const value& from,
                                          const std::string& model) {
  using seal_kind = thought_seal::kind_type;
  auto seal = [&](seal_kind kind, std::string content) {
    return to_text({kind, std::string{anthropic}, model, std::move(content)});
  };
  auto type = text_in(from, "type");
  answer_part x;
  if (type == "thinking") {
    x.kind = answer_part::kind_type::thought;
    x.text = text_in(from, "thinking");
    x.seal = seal(seal_kind::signature, text_in(from, "signature"));
  } else if (type == "redacted_thinking") {
    x.kind = answer_part::kind_type::thought;
    x.seal = seal(seal_kind::whole, text_in(from, "data"));
  } else if (type == "text") {
    x.text = text_in(from, "text");
  } else if (type == "tool_use") {
    x.kind = answer_part::kind_type::call;
    x.id = text_in(from, "id");
    x.name = text_in(from, "name");
  } else {
    return std::nullopt;
  }
  return x;
}

/// What an answer of Anthropic's protocol keeps; empty if there is nothing.
answer_parts read_kept(const chat_response& answer) {
  answer_parts result;
  if (!answer.message.provider_blocks)
    return result;
  auto read = wire::view_json(answer.message.provider_blocks->text, {});
  if (!read)
    return result;
  value root{*read};
  if (text_in(root, "protocol") != anthropic)
    return result;
  auto model = text_in(root, "model");
  if (auto content = root.member("content"))
    content->each_element(max_values, [&](const value& x) -> caf::error {
      if (auto part = read_kept_part(x, model))
        result.push_back(std::move(*part));
      return caf::none;
    });
  return result;
}

bool is_thought(const answer_part& x) {
  return x.kind == answer_part::kind_type::thought;
}

/// Gives the calls in *parts* their arguments. False if text or calls are not
/// those of *answer*: an answer by a schema stands elsewhere.
bool complete(answer_parts& parts, const chat_response& answer) {
  std::string text;
  size_t calls = 0;
  for (auto& x : parts) {
    if (x.kind == answer_part::kind_type::text)
      text += x.text;
    if (x.kind != answer_part::kind_type::call)
      continue;
    if (calls >= answer.message.tool_calls.size()
        || answer.message.tool_calls[calls].id != x.id)
      return false;
    x.text = answer.message.tool_calls[calls++].arguments.text;
  }
  return text == answer.message.content
      && calls == answer.message.tool_calls.size();
}

/// Whether *json* is an object, as it is JSON.
bool is_object(std::string_view json) {
  auto first = json.find_first_not_of(" \t\r\n");
  return first != json.npos && json[first] == '{';
}

/// A thought as Anthropic's protocol wants it back; members in the order in
/// which the reader of its answers writes them.
void write_thought(json_out& out, std::string_view text,
                   const thought_seal& seal) {
  out.comma();
  if (seal.kind == thought_seal::kind_type::whole) {
    out.raw(R"({"data":)").text(seal.content);
    out.raw(R"(,"type":"redacted_thinking"})");
    return;
  }
  out.raw(R"({"signature":)").text(seal.content);
  out.raw(R"(,"thinking":)").text(text).raw(R"(,"type":"thinking"})");
}

/// The same for text and calls.
void write_block(json_out& out, const answer_part& x) {
  out.comma().raw("{");
  if (x.mark) {
    out.raw(R"("cache_control":{)");
    if (!x.mark->empty())
      out.raw(R"("ttl":)").text(*x.mark).raw(",");
    out.raw(R"("type":"ephemeral"},)");
  }
  if (x.kind == answer_part::kind_type::text) {
    out.raw(R"("text":)").text(x.text).raw(R"(,"type":"text"})");
    return;
  }
  out.raw(R"("id":)").text(x.id).raw(R"(,"input":)");
  out.raw(is_object(x.text) ? x.text : "{}");
  out.raw(R"(,"name":)").text(x.name).raw(R"(,"type":"tool_use"})");
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == text.npos;
}

} // namespace

std::string to_text(const thought_seal& x) {
  if (x.protocol.empty() || x.model.empty() || x.content.empty())
    return {};
  auto prefix =
    x.kind == thought_seal::kind_type::whole ? whole_prefix : signature_prefix;
  return std::string{prefix} + to_base64url(x.protocol + "/" + x.model) + "."
       + x.content;
}

std::optional<thought_seal> read_seal(std::string_view text) {
  thought_seal result;
  auto rest = text;
  if (text.starts_with(signature_prefix)) {
    rest.remove_prefix(signature_prefix.size());
  } else if (text.starts_with(whole_prefix)) {
    result.kind = thought_seal::kind_type::whole;
    rest.remove_prefix(whole_prefix.size());
  } else {
    return std::nullopt;
  }
  auto end = rest.substr(0, max_who).find('.');
  auto who =
    end != rest.npos ? from_base64url(rest.substr(0, end)) : std::nullopt;
  auto slash = who ? who->find('/') : std::string::npos;
  if (slash == std::string::npos)
    return std::nullopt;
  result.protocol = who->substr(0, slash);
  result.model = who->substr(slash + 1);
  result.content = rest.substr(end + 1);
  // What we would have written otherwise is none of ours.
  return to_text(result) == text ? std::optional{result} : std::nullopt;
}

answer_parts parts_of(const chat_response& answer, const answer_facts& facts) {
  using kind_type = answer_part::kind_type;
  auto result = read_kept(answer);
  if (!result.empty() && complete(result, answer))
    return result;
  result.erase(std::remove_if(result.begin(), result.end(),
                              [](auto& x) { return !is_thought(x); }),
               result.end());
  if (result.empty() && !facts.thoughts.empty())
    result.push_back({kind_type::thought, facts.thoughts});
  if (!answer.message.content.empty())
    result.push_back({kind_type::text, answer.message.content});
  for (auto& call : answer.message.tool_calls)
    result.push_back(
      {kind_type::call, call.arguments.text, {}, call.id, call.name});
  return result;
}

std::optional<json_text> kept_for_provider(const answer_parts& parts) {
  std::optional<thought_seal> first;
  json_out content;
  for (auto& x : parts) {
    if (!is_thought(x)) {
      if (x.kind == answer_part::kind_type::call || !is_blank(x.text))
        write_block(content, x);
      continue;
    }
    auto seal = read_seal(x.seal);
    if (!seal || (first && seal->model != first->model))
      continue;
    write_thought(content, x.text, *seal);
    if (!first)
      first = std::move(seal);
  }
  if (!first || first->protocol != anthropic)
    return std::nullopt;
  json_out out;
  out.raw(R"({"content":[)").raw(content.view());
  out.raw(R"(],"model":)").text(first->model);
  out.raw(R"(,"protocol":"anthropic"})");
  return json_text{out.take()};
}

} // namespace machine::gateway::proxy

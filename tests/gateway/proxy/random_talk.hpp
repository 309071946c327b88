#pragma once

#include "tests/gateway/proxy/talk.hpp"

#include "tests/support/arbitrary.hpp"
#include "tests/support/draw.hpp"

/// Random conversations, of what a dialect has words for.
namespace machine::test {

/// What a dialect can say.
struct words {
  bool audio = false;
  bool document_urls = false;
  /// Marks for the cache say for how long, or not.
  bool choice_of_ttl = true;
  bool image_details = false;
  bool marks_before_all = false;
  bool thoughts = false;
  /// Two messages of the assistant can stand side by side.
  bool assistant_twice = true;
  bool marks_on_assistant = true;
  /// Whether the text of a schema has a name.
  bool names_schemas = true;
  bool json_objects = true;
  bool sampling = false;
  bool top_k = false;
  bool stop_texts = false;
  bool thought_bounds = false;
  /// Whether several tools may be called is said with the choice of one.
  bool parallel_in_choice = false;
  /// The model need not be told how long its answer may be.
  bool free_length = true;
  std::string vendor_protocol{};
  std::string vendor_members{};
};

inline std::string some_text() {
  auto text = random_text();
  return text.empty() ? "x" : text;
}

inline std::string some_json_object() {
  json out = json::object();
  for (auto left = draw(0, 3); left > 0; --left)
    out["k" + std::to_string(left)] = json::parse(random_json(2));
  return out.dump();
}

inline models::attachment some_attachment(const words& known) {
  using models::attachment_kind;
  auto what = draw(0, known.audio ? 4 : 3);
  if (what == 0)
    return {.kind = attachment_kind::image,
            .url = "https://example.org/a.png?b=c",
            .detail =
              known.image_details ? draw_text({"", "low", "high"}) : ""};
  if (what == 1)
    return {.kind = attachment_kind::image,
            .media_type = draw_text({"image/png", "image/jpeg", "image/webp"}),
            .data = draw_text({"AAAA", "+/8=", "aGk="})};
  if (what == 3)
    return {.kind = attachment_kind::audio,
            .media_type = draw_text({"audio/wav", "audio/mpeg"}),
            .data = "AAAA"};
  models::attachment file{.kind = attachment_kind::document,
                          .media_type = "application/pdf",
                          .data = "JVBERi0=",
                          .name = draw_text({"", "a.pdf"})};
  if (known.document_urls && chance(3)) {
    file.media_type.clear();
    file.data.clear();
    file.url = "https://example.org/a.pdf";
  }
  return file;
}

/// Fills a message with texts, attachments and marks; two texts never stand
/// side by side.
inline void fill(models::chat_message& to, const words& known, bool may_attach,
                 bool may_mark) {
  auto after_text = false;
  for (auto left = draw(1, 5); left > 0; --left) {
    if (may_attach && (after_text || chance(2))) {
      auto item = some_attachment(known);
      item.at = to.content.size();
      to.attachments.push_back(item);
      after_text = false;
    } else if (!after_text) {
      to.content += some_text();
      after_text = true;
    }
    if (may_mark && chance(3) && (!to.content.empty() || may_attach)) {
      auto ttl = known.choice_of_ttl ? draw_text({"", "5m", "1h"}) : "";
      auto is_marked = !to.attachments.empty()
                    && part_type(to.attachments.back()) == "mark"
                    && to.attachments.back().at == to.content.size();
      if (is_marked || (to.content.empty() && to.attachments.empty()))
        continue;
      to.attachments.push_back({.kind = models::attachment_kind::cache_point,
                                .at = to.content.size(),
                                .detail = ttl});
      after_text = false;
    }
  }
  if (to.content.empty() && to.attachments.empty())
    to.content = some_text();
}

/// Has the assistant think, as its provider keeps it.
inline void think(models::chat_message& x) {
  auto content = json::array();
  for (auto left = draw(1, 3); left > 0; --left)
    if (chance(3))
      content.push_back({{"type", "redacted_thinking"}, {"data", "r+/="}});
    else
      content.push_back({{"type", "thinking"},
                         {"thinking", draw_text({"", "Hm.", "So \"be\" it."})},
                         {"signature", draw_text({"c2ln", "a.b.c", "é"})}});
  if (x.content.find_first_not_of(" \t\r\n\v\f") != x.content.npos)
    content.push_back({{"type", "text"}, {"text", x.content}});
  else
    x.content.clear();
  for (auto& call : x.tool_calls)
    content.push_back({{"type", "tool_use"},
                       {"id", call.id},
                       {"name", call.name},
                       {"input", json::parse(call.arguments.text)}});
  json kept{{"protocol", "anthropic"},
            {"model", draw_text({"claude-x", "a/b:c é"})},
            {"content", content}};
  x.provider_blocks = json_text{kept.dump()};
}

inline void add_assistant(std::vector<models::chat_message>& to,
                          const words& known) {
  auto& x = to.emplace_back();
  x.role = models::chat_role::assistant;
  auto thinks = known.thoughts && chance(2);
  auto calls = draw(0, 3);
  if (calls == 0 || chance(2))
    fill(x, known, false, known.marks_on_assistant && !thinks);
  for (auto i = 0; i < calls; ++i)
    x.tool_calls.push_back(
      {"c" + std::to_string(to.size()) + "_" + std::to_string(i),
       draw_text({"read", "a-b_C9"}),
       {some_json_object()}});
  if (thinks)
    think(x);
  auto ids = x.tool_calls;
  for (auto& call : ids) {
    auto& result = to.emplace_back();
    result.role = models::chat_role::tool;
    result.tool_call_id = call.id;
    auto plain = known;
    plain.audio = false;
    fill(result, plain, chance(3), chance(3));
  }
}

inline std::vector<models::chat_message> some_messages(const words& known) {
  std::vector<models::chat_message> all;
  auto add = [&](models::chat_role role) {
    all.emplace_back().role = role;
    auto is_user = role == models::chat_role::user;
    fill(all.back(), known, is_user && chance(2), chance(2));
  };
  if (chance(2))
    add(models::chat_role::system);
  add(models::chat_role::user);
  auto after_assistant = false;
  for (auto left = draw(0, 5); left > 0; --left) {
    auto what = draw(0, 4);
    if (what >= 2 && (!after_assistant || known.assistant_twice)) {
      add_assistant(all, known);
      after_assistant = all.back().role == models::chat_role::assistant;
    } else {
      add(what == 0 ? models::chat_role::system : models::chat_role::user);
      after_assistant = false;
    }
  }
  return all;
}

inline void add_some_tools(models::chat_request& to, const words& known) {
  for (auto name : {"read", "a-b_C9", "x"})
    if (chance(2))
      to.tools.push_back({name, random_text(), {some_json_object()}});
  if (!to.tools.empty() && chance(2))
    to.choice =
      chance(2)
        ? models::tool_choice{models::tool_mode::named, to.tools.back().name}
        : models::tool_choice{random_value<models::tool_mode>(), ""};
  if (to.choice && to.choice->mode == models::tool_mode::named)
    to.choice->name = to.tools.front().name;
  if (chance(3))
    to.parallel_tools = chance(2);
  if (known.parallel_in_choice && to.parallel_tools && !to.choice)
    to.choice = models::tool_choice{};
}

inline void add_some_sampling(models::chat_request& to, const words& known) {
  if (chance(3))
    to.temperature = draw(0, 100) / 100.0;
  if (chance(3))
    to.draws.top_p = draw(0, 100) / 100.0;
  if (known.top_k && chance(3))
    to.draws.top_k = draw(1, 100);
  if (known.stop_texts && chance(3))
    to.draws.stop = {some_text(), "\n\n"};
  if (!known.sampling)
    return;
  if (chance(3))
    to.draws.frequency_penalty = draw(-200, 201) / 100.0;
  if (chance(3))
    to.draws.presence_penalty = draw(-200, 201) / 100.0;
  if (chance(3))
    to.draws.seed = *rc::gen::arbitrary<int64_t>();
}

/// A request of which nothing is lost in the dialect that knows these words.
inline asked some_request(const words& known) {
  asked x;
  auto& what = x.request;
  x.model = draw_text({"small", "org/model:1", "é"});
  x.manner.streams = chance(2);
  what.messages = some_messages(known);
  add_some_tools(what, known);
  add_some_sampling(what, known);
  x.is_bounded = !known.free_length || chance(2);
  if (x.is_bounded)
    what.max_output_tokens = draw(10'000, 100'000);
  if (chance(3)) {
    what.output_schema = json_text{some_json_object()};
    what.output_name = known.names_schemas ? "answer-1" : "";
  } else if (known.json_objects && chance(3)) {
    what.json_output = true;
  }
  if (chance(3))
    what.reasoning_effort = draw_text({"none", "low", "high", "max"});
  if (known.thought_bounds && chance(3))
    what.reasoning_tokens = draw(1, 10'000);
  if (chance(3))
    what.end_user = "someone";
  if (!known.vendor_members.empty() && chance(3))
    what.vendor =
      models::vendor_members{known.vendor_protocol, {known.vendor_members}};
  if (known.marks_before_all && !what.tools.empty() && chance(2)) {
    if (what.messages.front().role != models::chat_role::system)
      what.messages.insert(what.messages.begin(),
                           {models::chat_role::system, ""});
    auto& marks = what.messages.front().attachments;
    marks.insert(marks.begin(), {.kind = models::attachment_kind::cache_point,
                                 .detail = "1h"});
  }
  return x;
}

/// With what providers keep spelled in one way.
inline models::chat_request normal(models::chat_request x) {
  for (auto& message : x.messages)
    if (message.provider_blocks)
      message.provider_blocks->text =
        json::parse(message.provider_blocks->text).dump();
  return x;
}

/// *text* in pieces of whole characters.
inline std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> result;
  for (size_t at = 0; at < text.size();) {
    auto end = at + draw<size_t>(1, 8);
    while (end < text.size()
           && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      ++end;
    result.push_back(text.substr(at, end - at));
    at = end;
  }
  return result;
}

/// An answer and how it streams.
struct some_answer {
  models::chat_response whole;
  models::answer_deltas pieces;

  void add(models::answer_delta::kind_type kind, const std::string& text,
           uint32_t call = 0) {
    for (auto& piece : test::pieces_of(text))
      pieces.push_back({kind, piece, call});
  }
};

inline models::token_usage some_usage() {
  models::token_usage x;
  x.input = draw(1, 1'000);
  x.output = draw(1, 1'000);
  x.cached = chance(2) ? draw(1, 1'000) : 0;
  x.cache_write = chance(3) ? draw(1, 1'000) : 0;
  return x;
}

/// With thoughts if *thinks*; the provider keeps those of Anthropic.
inline some_answer draw_answer(bool thinks) {
  using kind = models::answer_delta::kind_type;
  some_answer x;
  auto& message = x.whole.message;
  message.role = models::chat_role::assistant;
  auto content = json::array();
  for (auto left = thinks ? draw(0, 3) : 0; left > 0; --left) {
    if (chance(3)) {
      x.pieces.push_back({kind::redacted, "b64+/="});
      content.push_back({{"type", "redacted_thinking"}, {"data", "b64+/="}});
      continue;
    }
    auto thought = some_text();
    x.add(kind::thought, thought);
    x.pieces.push_back({kind::signature, "c2lnbmF0dXJl"});
    content.push_back({{"type", "thinking"},
                       {"thinking", thought},
                       {"signature", "c2lnbmF0dXJl"}});
  }
  auto thought_of = !content.empty();
  if (chance(2)) {
    message.content = "." + random_text();
    x.add(kind::text, message.content);
    content.push_back({{"type", "text"}, {"text", message.content}});
  }
  auto calls = draw(0, 3);
  for (auto i = 0; i < calls; ++i) {
    auto& call = message.tool_calls.emplace_back();
    call = {"call_" + std::to_string(i), "read", {some_json_object()}};
    auto place = static_cast<uint32_t>(i);
    x.pieces.push_back({kind::tool, {}, place, call.id, call.name});
    x.add(kind::arguments, call.arguments.text, place);
    content.push_back({{"type", "tool_use"},
                       {"id", call.id},
                       {"name", call.name},
                       {"input", json::parse(call.arguments.text)}});
  }
  if (thought_of) {
    json kept{
      {"protocol", "anthropic"}, {"model", "claude-x"}, {"content", content}};
    message.provider_blocks = json_text{kept.dump()};
  }
  x.whole.usage = some_usage();
  x.whole.model = "claude-x-1";
  x.whole.stop = calls > 0 ? models::stop_reason::tool_use
               : chance(3) ? models::stop_reason::length
               : chance(3) ? models::stop_reason::refused
                           : models::stop_reason::finished;
  return x;
}

} // namespace machine::test

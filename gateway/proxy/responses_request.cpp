#include "gateway/proxy/responses_request.hpp"

#include "gateway/proxy/openai_parts.hpp"
#include "gateway/proxy/responses_items.hpp"
#include "gateway/proxy/responses_output.hpp"

#include <algorithm>
#include <array>

namespace machine::gateway::proxy {

using models::chat_role;

namespace {

/// Bounds on `metadata`, in bytes: the reference counts 64 and 512 characters.
constexpr size_t max_metadata = 16;
constexpr size_t max_metadata_name = 256;
constexpr size_t max_metadata_value = 2'048;

/// *json* without line breaks, which end a line of an event: they stand between
/// values alone.
std::string on_one_line(std::string json) {
  std::replace_if(
    json.begin(), json.end(), [](char c) { return c == '\n' || c == '\r'; },
    ' ');
  return json;
}

caf::expected<std::string> name_in_tool(const value& in,
                                        const request_draft& draft) {
  auto name = in.required("name");
  if (!name)
    return name.error();
  return draft.tool_name(*name);
}

class response_request_reader {
public:
  caf::expected<asked> read(std::string_view body) {
    auto read = parse_body(body);
    if (!read)
      return read.error();
    value root{*read};
    // Instructions stand before all messages, wherever they are in the body.
    if (auto at = root.member("instructions"))
      if (auto err = instruct(*at))
        return err;
    auto input = root.required("input");
    if (!input && !root.member("previous_response_id")
        && !root.member("conversation") && !root.member("prompt"))
      return input.error();
    if (auto err =
          read_members<response_request_reader>(*this, known, root, draft_))
      return err;
    repeat_members(root);
    return draft_.finish("input", "openai_responses");
  }

private:
  models::chat_request& request() {
    return draft_.request();
  }

  /// The answer has all of them, also what the request does not have.
  void repeat_members(const value& root) {
    for (auto& x : all_repeated_members()) {
      auto found = root.member(x.name);
      draft_.repeat(x.name, found ? on_one_line(found->json())
                                  : std::string{x.otherwise});
    }
  }

  caf::error nothing(const value&) {
    return caf::none;
  }

  caf::error instruct(const value& x) {
    auto text = x.text();
    if (!text)
      return std::move(text.error());
    if (text->empty())
      return caf::none;
    auto made = draft_.add_message(x, chat_role::system);
    if (!made)
      return std::move(made.error());
    (*made)->content = *text;
    return caf::none;
  }

  caf::error model(const value& x) {
    return set(draft_.result.model, x.text(max_name));
  }

  caf::error input(const value& x) {
    if (x.is_text()) {
      auto made = draft_.add_message(x, chat_role::user);
      if (!made)
        return std::move(made.error());
      (*made)->content = *x.text();
      return caf::none;
    }
    if (!x.is_list())
      return x.wrong("this has to be a string, or a list of items");
    auto before = request().messages.size();
    // An answer may be several items of one message.
    auto err = x.each_element(
      max_values, [this](const value& y) { return items_.read(y); });
    items_.finish();
    if (!err && request().messages.size() == before)
      return x.wrong("there is no message; send at least one");
    return err;
  }

  caf::error stream(const value& x) {
    return set(draft_.result.manner.streams, x.truth());
  }

  caf::error stream_options(const value& x) {
    draft_.ignore_others(x, {"include_obfuscation"});
    return caf::none;
  }

  caf::error bound(const value& x) {
    draft_.result.is_bounded = true;
    return set(request().max_output_tokens, x.count(1, UINT32_MAX));
  }

  caf::error temperature(const value& x) {
    return set(request().temperature, x.number(0, 2));
  }

  caf::error top_p(const value& x) {
    return set(request().draws.top_p, x.number(0, 1));
  }

  caf::error parallel(const value& x) {
    return set(request().parallel_tools, x.truth());
  }

  caf::error user(const value& x) {
    auto text = x.text(max_name);
    if (!text)
      return std::move(text.error());
    if (request().end_user.empty())
      request().end_user = *text;
    return caf::none;
  }

  caf::error safety_identifier(const value& x) {
    return set(request().end_user, x.text(max_name));
  }

  caf::error reasoning(const value& x) {
    if (!x.is_object())
      return x.wrong("this has to be an object");
    draft_.ignore_others(x, {"effort", "summary"});
    if (auto summary = x.member("summary")) {
      if (auto name = summary->one_of({"auto", "concise", "detailed"}); !name)
        return std::move(name.error());
      draft_.pass_on(x.key(), x.json());
    }
    auto effort = x.member("effort");
    return effort ? set(request().reasoning_effort, read_effort(*effort))
                  : caf::none;
  }

  caf::error text(const value& x) {
    if (!x.is_object())
      return x.wrong("this has to be an object");
    draft_.ignore_others(x, {"format", "verbosity"});
    if (x.member("verbosity"))
      draft_.pass_on(x.key(), x.json());
    auto format = x.member("format");
    return format ? read_format(*format) : caf::none;
  }

  caf::error read_format(const value& x) {
    auto type = x.required("type");
    if (!type)
      return std::move(type.error());
    auto name = type->one_of({"text", "json_object", "json_schema"});
    if (!name)
      return std::move(name.error());
    request().json_output = *name == "json_object";
    return *name == "json_schema" ? read_schema(x, draft_) : caf::none;
  }

  caf::error tools(const value& x) {
    return x.each_element(max_tools, [this](const value& y) -> caf::error {
      auto type = y.required("type");
      if (!type)
        return std::move(type.error());
      auto name = type->text();
      if (!name)
        return std::move(name.error());
      if (*name != "function")
        return type->wrong("the tool " + wire::excerpt(*name)
                           + " is not offered here; send tools of type "
                             "function, which you run yourself");
      return read_function(y, draft_);
    });
  }

  caf::error tool_choice(const value& x) {
    if (x.is_text())
      return read_mode(x, draft_);
    auto type = x.type();
    if (!type)
      return std::move(type.error());
    if (*type == "function") {
      auto name = x.required("name");
      return name ? draft_.choose_named(*name) : std::move(name.error());
    }
    if (*type != "allowed_tools")
      return x.wrong("choices of type " + wire::excerpt(*type)
                     + " are not offered; write auto, none, required, or one "
                       "of type function or allowed_tools");
    auto mode = x.required("mode");
    if (!mode)
      return std::move(mode.error());
    auto list = x.required("tools");
    if (!list)
      return std::move(list.error());
    return read_allowed(*mode, *list, draft_, name_in_tool);
  }

  /// Up to 16 texts, which the answer has again.
  caf::error metadata(const value& x) {
    size_t count = 0;
    return x.each_member([&](const value& y) -> caf::error {
      if (++count > max_metadata)
        return x.wrong("this has more than 16 members; send fewer");
      if (y.key().size() > max_metadata_name)
        return x.wrong("a name in this is longer than 64 characters");
      auto text = y.text(max_metadata_value);
      return text ? caf::none : std::move(text.error());
    });
  }

  /// Nothing is stored either way.
  caf::error store(const value& x) {
    auto stores = x.truth();
    if (!stores)
      return std::move(stores.error());
    if (*stores)
      draft_.ignore(x);
    return caf::none;
  }

  caf::error truncation(const value& x) {
    auto name = x.one_of({"auto", "disabled"});
    if (!name)
      return std::move(name.error());
    if (*name == "auto")
      draft_.ignore(x);
    return caf::none;
  }

  /// Thoughts come with what their provider needs to take them back.
  caf::error include(const value& x) {
    return x.each_element(32, [&](const value& y) -> caf::error {
      auto name = y.text(max_name);
      if (!name)
        return std::move(name.error());
      if (*name != "reasoning.encrypted_content")
        draft_.ignore(x);
      return caf::none;
    });
  }

  caf::error background(const value& x) {
    auto is_wanted = x.truth();
    if (!is_wanted)
      return std::move(is_wanted.error());
    if (*is_wanted)
      return x.wrong("answers are not kept, so none can be fetched later; "
                     "leave this out, and wait or stream");
    return caf::none;
  }

  caf::error previous(const value& x) {
    return x.wrong("answers are not kept; leave this out, and send the whole "
                   "conversation as input, the output of earlier answers "
                   "included");
  }

  caf::error prompt(const value& x) {
    return x.wrong("prompts that a provider keeps cannot be named here; send "
                   "instructions and input");
  }

  /// Whoever asks for it relies on it.
  caf::error moderation(const value& x) {
    return x.wrong("moderation by a provider is not offered; leave this out");
  }

  caf::error tier(const value& x) {
    return read_tier(x, draft_);
  }

  /// Of built-in tools, which there are none of.
  caf::error max_tool_calls(const value& x) {
    auto count = x.count(1, UINT32_MAX);
    return count ? caf::none : std::move(count.error());
  }

  caf::error cache_key(const value& x) {
    auto text = x.text(max_name);
    if (!text)
      return std::move(text.error());
    draft_.pass_on(x.key(), x.json());
    return caf::none;
  }

  caf::error pass_on(const value& x) {
    draft_.pass_on(x.key(), x.json());
    return caf::none;
  }

  static const std::array<known_member<response_request_reader>, 29> known;

  request_draft draft_{max_openai_name};
  response_item_reader items_{draft_};
};

constexpr std::array<known_member<response_request_reader>, 29>
  response_request_reader::known{{
    {"model", &response_request_reader::model},
    {"instructions", &response_request_reader::nothing},
    {"input", &response_request_reader::input},
    {"stream", &response_request_reader::stream},
    {"stream_options", &response_request_reader::stream_options},
    {"max_output_tokens", &response_request_reader::bound},
    {"temperature", &response_request_reader::temperature},
    {"top_p", &response_request_reader::top_p},
    {"tools", &response_request_reader::tools},
    {"tool_choice", &response_request_reader::tool_choice},
    {"parallel_tool_calls", &response_request_reader::parallel},
    {"text", &response_request_reader::text},
    {"reasoning", &response_request_reader::reasoning},
    {"user", &response_request_reader::user},
    {"safety_identifier", &response_request_reader::safety_identifier},
    {"metadata", &response_request_reader::metadata},
    {"store", &response_request_reader::store},
    {"truncation", &response_request_reader::truncation},
    {"include", &response_request_reader::include},
    {"background", &response_request_reader::background},
    {"previous_response_id", &response_request_reader::previous},
    {"conversation", &response_request_reader::previous},
    {"prompt", &response_request_reader::prompt},
    {"moderation", &response_request_reader::moderation},
    {"service_tier", &response_request_reader::tier},
    {"max_tool_calls", &response_request_reader::max_tool_calls},
    {"prompt_cache_key", &response_request_reader::cache_key},
    {"prompt_cache_retention", &response_request_reader::pass_on},
    {"prompt_cache_options", &response_request_reader::pass_on},
  }};

} // namespace

caf::expected<asked> read_response_request(std::string_view body) {
  return response_request_reader{}.read(body);
}

} // namespace machine::gateway::proxy

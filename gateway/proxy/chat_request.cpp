#include "gateway/proxy/chat_request.hpp"

#include "gateway/proxy/chat_messages.hpp"
#include "gateway/proxy/openai_parts.hpp"

#include <array>

namespace machine::gateway::proxy {

using models::tool_mode;

namespace {

/// Bound on a text that ends the answer, in bytes.
constexpr size_t max_stop = 1'024;

caf::expected<std::string> name_in_function(const value& in,
                                            const request_draft& draft) {
  auto function = in.required("function");
  if (!function)
    return function.error();
  auto name = function->required("name");
  if (!name)
    return name.error();
  return draft.tool_name(*name);
}

class chat_request_reader {
public:
  caf::expected<asked> read(std::string_view body) {
    auto read = parse_body(body);
    if (!read)
      return read.error();
    if (auto err =
          read_members<chat_request_reader>(*this, known, value{*read}, draft_))
      return err;
    if (bound_)
      draft_.request().max_output_tokens = *bound_;
    draft_.result.is_bounded = bound_.has_value();
    return draft_.finish("messages", "openai");
  }

private:
  models::chat_request& request() {
    return draft_.request();
  }

  caf::error model(const value& x) {
    return set(draft_.result.model, x.text(max_name));
  }

  caf::error messages(const value& x) {
    return x.each_element(max_messages,
                          [this](const value& y) { return messages_.read(y); });
  }

  caf::error stream(const value& x) {
    return set(draft_.result.manner.streams, x.truth());
  }

  caf::error stream_options(const value& x) {
    draft_.ignore_others(x, {"include_usage", "include_obfuscation"});
    auto counts = x.member("include_usage");
    return counts ? set(draft_.result.manner.counts_in_stream, counts->truth())
                  : caf::none;
  }

  caf::error old_bound(const value& x) {
    auto count = x.count(1, UINT32_MAX);
    if (!count)
      return std::move(count.error());
    if (!bound_)
      bound_ = static_cast<uint32_t>(*count);
    return caf::none;
  }

  caf::error bound(const value& x) {
    return set(bound_, x.count(1, UINT32_MAX));
  }

  caf::error temperature(const value& x) {
    return set(request().temperature, x.number(0, 2));
  }

  caf::error top_p(const value& x) {
    return set(request().draws.top_p, x.number(0, 1));
  }

  /// Of many servers, though not of OpenAI's own.
  caf::error top_k(const value& x) {
    return set(request().draws.top_k, x.count(1, UINT32_MAX));
  }

  caf::error frequency_penalty(const value& x) {
    return set(request().draws.frequency_penalty, x.number(-2, 2));
  }

  caf::error presence_penalty(const value& x) {
    return set(request().draws.presence_penalty, x.number(-2, 2));
  }

  caf::error seed(const value& x) {
    return set(request().draws.seed, x.integer());
  }

  caf::error stop(const value& x) {
    return set(request().draws.stop, read_texts(x, max_stop));
  }

  caf::error effort(const value& x) {
    return set(request().reasoning_effort, read_effort(x));
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

  caf::error choices(const value& x) {
    auto count = x.count(1, UINT32_MAX);
    if (!count)
      return std::move(count.error());
    if (*count != 1)
      return x.wrong("one answer is given to a request; leave this out, and "
                     "ask several times for several answers");
    return caf::none;
  }

  caf::error modalities(const value& x) {
    return x.each_element(8, [](const value& y) -> caf::error {
      auto name = y.text();
      if (!name)
        return std::move(name.error());
      if (*name != "text")
        return y.wrong("answers are text alone; leave this out");
      return caf::none;
    });
  }

  caf::error no_sound(const value& x) {
    return x.wrong("answers are text alone; leave this out");
  }

  /// What it costs is not counted.
  caf::error no_search(const value& x) {
    return x.wrong("searches of a provider are not offered; leave this out, or "
                   "offer a tool that searches");
  }

  caf::error tier(const value& x) {
    return read_tier(x, draft_);
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

  caf::error pass_on(const value& x) {
    draft_.pass_on(x.key(), x.json());
    return caf::none;
  }

  caf::error tools(const value& x) {
    return x.each_element(max_tools, [this](const value& y) -> caf::error {
      auto type = y.type();
      if (!type)
        return std::move(type.error());
      if (*type != "function")
        return y.wrong("tools of type " + wire::excerpt(*type)
                       + " are not offered; send tools of type function");
      draft_.ignore_others(y, {"type", "function"});
      auto function = y.required("function");
      return function ? read_function(*function, draft_)
                      : std::move(function.error());
    });
  }

  caf::error tool_choice(const value& x) {
    if (x.is_text())
      return read_mode(x, draft_);
    auto type = x.type();
    if (!type)
      return std::move(type.error());
    if (*type == "function") {
      auto function = x.required("function");
      if (!function)
        return std::move(function.error());
      auto name = function->required("name");
      return name ? draft_.choose_named(*name) : std::move(name.error());
    }
    if (*type != "allowed_tools")
      return x.wrong("choices of type " + wire::excerpt(*type)
                     + " are not offered; write auto, none, required, or one "
                       "of type function or allowed_tools");
    auto allowed = x.required("allowed_tools");
    if (!allowed)
      return std::move(allowed.error());
    auto mode = allowed->required("mode");
    if (!mode)
      return std::move(mode.error());
    auto list = allowed->required("tools");
    if (!list)
      return std::move(list.error());
    return read_allowed(*mode, *list, draft_, name_in_function);
  }

  caf::error parallel(const value& x) {
    return set(request().parallel_tools, x.truth());
  }

  /// The forerunner of `tools`; an answer has one call at most.
  caf::error functions(const value& x) {
    draft_.result.manner.legacy_calls = true;
    request().parallel_tools = false;
    return x.each_element(
      max_tools, [this](const value& y) { return read_function(y, draft_); });
  }

  caf::error function_call(const value& x) {
    if (x.is_text())
      return read_mode(x, draft_);
    auto name = x.required("name");
    return name ? draft_.choose_named(*name) : std::move(name.error());
  }

  caf::error format(const value& x) {
    auto type = x.required("type");
    if (!type)
      return std::move(type.error());
    auto name = type->one_of({"text", "json_object", "json_schema"});
    if (!name)
      return std::move(name.error());
    draft_.ignore_others(x, {"type", "json_schema"});
    request().json_output = *name == "json_object";
    if (*name != "json_schema")
      return caf::none;
    auto schema = x.required("json_schema");
    return schema ? read_schema(*schema, draft_) : std::move(schema.error());
  }

  static const std::array<known_member<chat_request_reader>, 36> known;

  request_draft draft_{max_openai_name};
  chat_message_reader messages_{draft_};
  std::optional<uint32_t> bound_;
};

constexpr std::array<known_member<chat_request_reader>, 36>
  chat_request_reader::known{{
    {"model", &chat_request_reader::model},
    {"messages", &chat_request_reader::messages},
    {"stream", &chat_request_reader::stream},
    {"stream_options", &chat_request_reader::stream_options},
    {"max_tokens", &chat_request_reader::old_bound},
    {"max_completion_tokens", &chat_request_reader::bound},
    {"temperature", &chat_request_reader::temperature},
    {"top_p", &chat_request_reader::top_p},
    {"top_k", &chat_request_reader::top_k},
    {"frequency_penalty", &chat_request_reader::frequency_penalty},
    {"presence_penalty", &chat_request_reader::presence_penalty},
    {"seed", &chat_request_reader::seed},
    {"stop", &chat_request_reader::stop},
    {"tools", &chat_request_reader::tools},
    {"tool_choice", &chat_request_reader::tool_choice},
    {"parallel_tool_calls", &chat_request_reader::parallel},
    {"response_format", &chat_request_reader::format},
    {"reasoning_effort", &chat_request_reader::effort},
    {"user", &chat_request_reader::user},
    {"safety_identifier", &chat_request_reader::safety_identifier},
    {"n", &chat_request_reader::choices},
    {"functions", &chat_request_reader::functions},
    {"function_call", &chat_request_reader::function_call},
    {"modalities", &chat_request_reader::modalities},
    {"audio", &chat_request_reader::no_sound},
    {"web_search_options", &chat_request_reader::no_search},
    {"service_tier", &chat_request_reader::tier},
    {"store", &chat_request_reader::store},
    {"logprobs", &chat_request_reader::pass_on},
    {"top_logprobs", &chat_request_reader::pass_on},
    {"logit_bias", &chat_request_reader::pass_on},
    {"prediction", &chat_request_reader::pass_on},
    {"verbosity", &chat_request_reader::pass_on},
    {"prompt_cache_key", &chat_request_reader::pass_on},
    {"prompt_cache_retention", &chat_request_reader::pass_on},
    {"prompt_cache_options", &chat_request_reader::pass_on},
  }};

} // namespace

caf::expected<asked> read_chat_request(std::string_view body) {
  return chat_request_reader{}.read(body);
}

} // namespace machine::gateway::proxy

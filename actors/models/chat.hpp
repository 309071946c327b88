#pragma once

#include "actors/models/message.hpp"

namespace machine::models {

/// A tool as the model sees it.
struct tool_definition {
  std::string name;
  std::string description;
  /// JSON Schema of the arguments, an object.
  json_text parameters;

  static constexpr const char* wire_name = "tool_definition";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &tool_definition::name},
      wire::field{"description", &tool_definition::description},
      wire::field{"parameters", &tool_definition::parameters});
  }

  bool operator==(const tool_definition&) const = default;
};

enum class tool_mode : uint8_t {
  /// The model decides.
  automatic,
  none,
  /// At least one, whichever.
  required,
  /// The one that is named.
  named,
};

constexpr auto wire_names(tool_mode) {
  return std::array<std::pair<std::string_view, tool_mode>, 4>{{
    {"auto", tool_mode::automatic},
    {"none", tool_mode::none},
    {"required", tool_mode::required},
    {"named", tool_mode::named},
  }};
}

/// Which tools the model is to call.
struct tool_choice {
  tool_mode mode = tool_mode::automatic;
  std::string name;

  static constexpr const char* wire_name = "tool_choice";

  static constexpr auto fields() {
    return wire::members(wire::field{"mode", &tool_choice::mode},
                         wire::field{"name", &tool_choice::name});
  }

  bool operator==(const tool_choice&) const = default;
};

/// How the words of an answer are drawn; what is not set is left to the
/// provider. A protocol leaves out what it has no word for.
struct sampling {
  std::optional<double> top_p;
  std::optional<uint32_t> top_k;
  std::optional<double> frequency_penalty;
  std::optional<double> presence_penalty;
  std::optional<int64_t> seed;
  /// Texts that end the answer, and are no part of it.
  std::vector<std::string> stop;

  static constexpr const char* wire_name = "sampling";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"top_p", &sampling::top_p},
      wire::field{"top_k", &sampling::top_k},
      wire::field{"frequency_penalty", &sampling::frequency_penalty},
      wire::field{"presence_penalty", &sampling::presence_penalty},
      wire::field{"seed", &sampling::seed},
      wire::field{"stop", &sampling::stop});
  }

  bool operator==(const sampling&) const = default;
};

/// Members of a request that only one protocol knows.
struct vendor_members {
  /// The name of the protocol, as the catalogue spells it.
  std::string protocol;
  /// A JSON object; its members are sent as they are.
  json_text members{"{}"};

  static constexpr const char* wire_name = "vendor_members";

  static constexpr auto fields() {
    return wire::members(wire::field{"protocol", &vendor_members::protocol},
                         wire::field{"members", &vendor_members::members});
  }

  bool operator==(const vendor_members&) const = default;
};

/// One model call, in no provider's dialect.
struct chat_request {
  std::vector<chat_message> messages;
  std::vector<tool_definition> tools;
  /// JSON Schema that the answer's text must satisfy.
  std::optional<json_text> output_schema;
  /// Bound on the answer, in tokens; it also bounds the price of the call.
  uint32_t max_output_tokens = 4096;
  std::optional<double> temperature;
  /// The answer's text must be a JSON object, of any schema.
  bool json_output = false;
  /// What the schema is called; empty: `answer`.
  std::string output_name{};
  std::optional<tool_choice> choice{};
  /// Whether one answer may call several tools.
  std::optional<bool> parallel_tools{};
  sampling draws{};
  /// How hard the model is to think (`none` to `max`); empty: as its entry in
  /// the catalogue says.
  std::string reasoning_effort{};
  /// Bound on the thoughts, in tokens; it is part of `max_output_tokens`.
  std::optional<uint32_t> reasoning_tokens{};
  /// For whom it is asked; opaque, and handed to the provider.
  std::string end_user{};
  std::optional<vendor_members> vendor{};

  static constexpr const char* wire_name = "chat_request";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"messages", &chat_request::messages},
      wire::field{"tools", &chat_request::tools},
      wire::field{"output_schema", &chat_request::output_schema},
      wire::field{"max_output_tokens", &chat_request::max_output_tokens},
      wire::field{"temperature", &chat_request::temperature},
      wire::later{"json_output", &chat_request::json_output},
      wire::later{"output_name", &chat_request::output_name},
      wire::field{"choice", &chat_request::choice},
      wire::field{"parallel_tools", &chat_request::parallel_tools},
      wire::later{"draws", &chat_request::draws},
      wire::later{"reasoning_effort", &chat_request::reasoning_effort},
      wire::field{"reasoning_tokens", &chat_request::reasoning_tokens},
      wire::later{"end_user", &chat_request::end_user},
      wire::field{"vendor", &chat_request::vendor});
  }

  bool operator==(const chat_request&) const = default;
};

/// Tokens of one call, as the provider counted them. Each token is counted
/// once, but for `reasoning`.
struct token_usage {
  /// Tokens of the prompt that no other member counts.
  uint64_t input = 0;
  /// Tokens of the prompt that were read from the provider's cache.
  uint64_t cached = 0;
  /// Tokens of the answer, thoughts included, that no other member counts.
  uint64_t output = 0;
  /// Tokens of the prompt that were written to the provider's cache.
  uint64_t cache_write = 0;
  /// The same, to be kept for an hour.
  uint64_t cache_write_hour = 0;
  /// Tokens of images in the prompt, where the provider tells them apart.
  uint64_t image = 0;
  /// Tokens of sound in the prompt, and in the answer.
  uint64_t audio = 0;
  uint64_t audio_output = 0;
  /// How many tokens of `output` were thoughts.
  uint64_t reasoning = 0;

  static constexpr const char* wire_name = "token_usage";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"input", &token_usage::input},
      wire::field{"cached", &token_usage::cached},
      wire::field{"output", &token_usage::output},
      wire::later{"cache_write", &token_usage::cache_write},
      wire::later{"cache_write_hour", &token_usage::cache_write_hour},
      wire::later{"image", &token_usage::image},
      wire::later{"audio", &token_usage::audio},
      wire::later{"audio_output", &token_usage::audio_output},
      wire::later{"reasoning", &token_usage::reasoning});
  }

  bool operator==(const token_usage&) const = default;
};

/// The sum of counts, which a provider may have made up.
constexpr uint64_t sum_of_tokens(std::initializer_list<uint64_t> counts) {
  uint64_t sum = 0;
  for (auto x : counts)
    sum = sum + x < sum ? UINT64_MAX : sum + x;
  return sum;
}

/// All tokens of the prompt.
constexpr uint64_t prompt_tokens(const token_usage& x) {
  return sum_of_tokens(
    {x.input, x.cached, x.cache_write, x.cache_write_hour, x.image, x.audio});
}

/// All tokens of the answer.
constexpr uint64_t answer_tokens(const token_usage& x) {
  return sum_of_tokens({x.output, x.audio_output});
}

enum class stop_reason : uint8_t {
  finished,
  tool_use,
  length,
  refused,
  /// One of the request's own texts came.
  stop_text,
};

constexpr auto wire_names(stop_reason) {
  return std::array<std::pair<std::string_view, stop_reason>, 5>{{
    {"finished", stop_reason::finished},
    {"tool_use", stop_reason::tool_use},
    {"length", stop_reason::length},
    {"refused", stop_reason::refused},
    {"stop_text", stop_reason::stop_text},
  }};
}

/// A complete answer.
struct chat_response {
  chat_message message;
  /// None if the provider did not count the whole answer.
  std::optional<token_usage> usage;
  stop_reason stop = stop_reason::finished;
  /// The provider's own name of the model that answered.
  std::string model;
  /// Of the request's own texts, the one that came.
  std::string stop_text{};

  static constexpr const char* wire_name = "chat_response";

  static constexpr auto fields() {
    return wire::members(wire::field{"message", &chat_response::message},
                         wire::field{"usage", &chat_response::usage},
                         wire::field{"stop", &chat_response::stop},
                         wire::field{"model", &chat_response::model},
                         wire::later{"stop_text", &chat_response::stop_text});
  }

  bool operator==(const chat_response&) const = default;
};

} // namespace machine::models

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::models::chat_request>;
extern template struct machine::wire::message_codec<
  machine::models::chat_request>;
extern template struct machine::wire::codec<machine::models::chat_response>;
extern template struct machine::wire::message_codec<
  machine::models::chat_response>;

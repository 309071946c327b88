#pragma once

#include "runtime/wire/codec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace machine::models {

enum class chat_role : uint8_t { system, user, assistant, tool };

constexpr auto wire_names(chat_role) {
  return std::array<std::pair<std::string_view, chat_role>, 4>{{
    {"system", chat_role::system},
    {"user", chat_role::user},
    {"assistant", chat_role::assistant},
    {"tool", chat_role::tool},
  }};
}

/// A tool that the model wants called.
struct tool_call {
  /// The provider's name of this call; its result must carry it.
  std::string id;
  std::string name;
  /// A JSON object, as the model wrote it; it may break the tool's schema.
  json_text arguments;

  static constexpr const char* wire_name = "tool_call";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &tool_call::id},
                         wire::field{"name", &tool_call::name},
                         wire::field{"arguments", &tool_call::arguments});
  }

  bool operator==(const tool_call&) const = default;
};

struct chat_message {
  chat_role role = chat_role::user;
  std::string content;
  /// Of an assistant's message.
  std::vector<tool_call> tool_calls;
  /// Of a tool's message: the call that it answers.
  std::optional<std::string> tool_call_id;
  /// Of an assistant's message: what its provider wants back unchanged, such as
  /// signed thoughts. Opaque to all but the protocol that made it.
  std::optional<json_text> provider_blocks;

  static constexpr const char* wire_name = "chat_message";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"role", &chat_message::role},
      wire::field{"content", &chat_message::content},
      wire::field{"tool_calls", &chat_message::tool_calls},
      wire::field{"tool_call_id", &chat_message::tool_call_id},
      wire::field{"provider_blocks", &chat_message::provider_blocks});
  }

  bool operator==(const chat_message&) const = default;
};

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

/// One model call, in no provider's dialect.
struct chat_request {
  std::vector<chat_message> messages;
  std::vector<tool_definition> tools;
  /// JSON Schema that the answer's text must satisfy.
  std::optional<json_text> output_schema;
  /// Bound on the answer, in tokens; it also bounds the price of the call.
  uint32_t max_output_tokens = 4096;
  std::optional<double> temperature;

  static constexpr const char* wire_name = "chat_request";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"messages", &chat_request::messages},
      wire::field{"tools", &chat_request::tools},
      wire::field{"output_schema", &chat_request::output_schema},
      wire::field{"max_output_tokens", &chat_request::max_output_tokens},
      wire::field{"temperature", &chat_request::temperature});
  }

  bool operator==(const chat_request&) const = default;
};

/// Tokens of one call, as the provider counted them.
struct token_usage {
  /// Tokens of the prompt that were not read from the provider's cache.
  uint64_t input = 0;
  /// Tokens of the prompt that were.
  uint64_t cached = 0;
  uint64_t output = 0;

  static constexpr const char* wire_name = "token_usage";

  static constexpr auto fields() {
    return wire::members(wire::field{"input", &token_usage::input},
                         wire::field{"cached", &token_usage::cached},
                         wire::field{"output", &token_usage::output});
  }

  bool operator==(const token_usage&) const = default;
};

enum class stop_reason : uint8_t { finished, tool_use, length, refused };

constexpr auto wire_names(stop_reason) {
  return std::array<std::pair<std::string_view, stop_reason>, 4>{{
    {"finished", stop_reason::finished},
    {"tool_use", stop_reason::tool_use},
    {"length", stop_reason::length},
    {"refused", stop_reason::refused},
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

  static constexpr const char* wire_name = "chat_response";

  static constexpr auto fields() {
    return wire::members(wire::field{"message", &chat_response::message},
                         wire::field{"usage", &chat_response::usage},
                         wire::field{"stop", &chat_response::stop},
                         wire::field{"model", &chat_response::model});
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

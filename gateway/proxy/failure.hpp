#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace machine::gateway::proxy {

/// Why a request is not answered, or not to its end.
struct failure {
  caf::error why;
  /// When it is worth trying again, if somebody knows.
  std::optional<duration> retry_after{};
  /// Of the request, for whoever asks people about it.
  std::string request_id{};
};

/// An answer over HTTP that is no success.
struct reply {
  int status = 500;
  /// A JSON document.
  std::string body;
  /// Of the header `Retry-After`.
  std::optional<uint32_t> retry_seconds;
};

/// What clients of OpenAI's API are told of an error.
struct openai_problem {
  int status = 500;
  std::string_view type;
  /// Empty: null.
  std::string_view code;
};

openai_problem openai_problem_of(ec code);

/// What clients of Anthropic's API are told of an error.
struct anthropic_problem {
  int status = 500;
  std::string_view type;
};

anthropic_problem anthropic_problem_of(ec code);

/// `{"error":{...}}`, on which OpenAI's clients look.
std::string openai_error_body(const failure& why);

/// `{"type":"error","error":{...}}`, on which Anthropic's clients look.
std::string anthropic_error_body(const failure& why);

reply openai_refusal(const failure& why);
reply anthropic_refusal(const failure& why);

/// The member that a message begins with, as in `tools[2].name: ...`; empty if
/// it begins with none.
std::string_view member_in(std::string_view message);

} // namespace machine::gateway::proxy

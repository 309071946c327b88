#pragma once

#include <string>

namespace machine::models {

/// What differs between models that speak the same protocol.
struct dialect {
  /// OpenAI: the member that bounds the answer; `max_tokens`, or
  /// `max_completion_tokens` where that is the only name that is known.
  std::string output_bound = "max_tokens";
  /// How hard the model is to think (`none` to `max`); empty: not said.
  std::string reasoning_effort;
  /// Anthropic: whether a model lets itself be told which tool to call.
  bool forced_tools = true;
  /// OpenAI: how vectors are asked for, `base64` or `float`.
  std::string vector_format = "base64";

  bool operator==(const dialect&) const = default;
};

} // namespace machine::models

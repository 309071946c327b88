#pragma once

#include "actors/models/chat.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace machine::models {

/// A piece of an answer while it streams.
struct answer_delta {
  enum class kind_type : uint8_t {
    /// `text` is added to the answer's text.
    text,
    /// `text` is added to what the model lets be seen of its thoughts.
    thought,
    /// The thought before it is complete; `text` is its provider's seal.
    signature,
    /// A whole thought that only its provider can read, in `text`.
    redacted,
    /// A tool call begins: `call`, `id`, `name`.
    tool,
    /// `text` is added to the arguments of `call`.
    arguments,
  };

  kind_type kind = kind_type::text;
  std::string text;
  /// The place of a tool call among those of the answer: 0, 1, ...
  uint32_t call = 0;
  /// The id that the call has in the whole answer, too.
  std::string id{};
  std::string name{};

  bool operator==(const answer_delta&) const = default;
};

using answer_deltas = std::vector<answer_delta>;

/// The text that *deltas* add to the answer.
std::string text_of(const answer_deltas& deltas);

/// A whole answer as pieces, for whoever waits for those.
answer_deltas deltas_of(const chat_response& whole);

} // namespace machine::models

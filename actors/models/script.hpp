#pragma once

#include "actors/models/chat.hpp"
#include "runtime/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::models {

/// When a rule of a script applies. What is missing does not matter.
struct script_condition {
  /// Text that the system prompt contains.
  std::optional<std::string> system;
  /// Text that a user's message contains.
  std::optional<std::string> user;
  /// Text that the last message contains.
  std::optional<std::string> last;
  /// How often the model has answered in this conversation.
  std::optional<uint32_t> turn;
};

/// A failure on demand.
struct script_failure {
  /// The HTTP status that a provider would answer with.
  int status = 500;
  std::optional<duration> retry_after;
  /// How many calls fail before one succeeds; none: all.
  std::optional<uint32_t> times;
};

struct script_rule {
  script_condition when;
  std::string say;
  std::vector<tool_call> calls;
  std::optional<token_usage> usage;
  /// Before the first word.
  duration delay{0};
  std::optional<script_failure> fail;
  /// Never answers.
  bool hang = false;
  /// Breaks the connection after so many bytes of text.
  std::optional<size_t> cut_after;
};

/// What a scripted model says. Its answer depends on the request alone, so that
/// a conversation goes on after a crash as if there had been none.
struct script {
  std::vector<script_rule> rules;
  /// How fast it speaks, in tokens of four bytes a second.
  double tokens_per_second = 400;
};

/// Reads a script (YAML or JSON). Errors name the file and the line.
caf::expected<script> load_script(std::string_view text,
                                  const std::string& file_name);

/// The first rule that applies to *what*; null if none does.
const script_rule* find_rule(const script& from, const chat_request& what);

/// The answer that *rule* gives. Tokens that it does not tell are counted as
/// one for every four bytes.
chat_response answer_of(const script_rule& rule, const chat_request& what,
                        const std::string& model);

} // namespace machine::models

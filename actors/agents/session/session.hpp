#pragma once

#include "actors/agents/session/role.hpp"
#include "actors/models/chat.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::agents {

/// What an agent is to do, and with what.
struct assignment {
  agents::role role;
  /// What the step says.
  std::string prompt;
  /// The tools that it may use; `finish` is added to them.
  std::vector<models::tool_definition> tools;
  /// JSON Schema of the result that `finish` takes.
  json_text output;
  /// Bound on the model calls.
  uint32_t max_turns = 30;
};

/// How a tool call went, as the model will read it.
struct tool_outcome {
  std::string text;
};

/// Next, the model is to be called with this.
struct call_model {
  models::chat_request request;
};

/// Next, this tool is to be called.
struct call_tool {
  models::tool_call call;
};

/// The agent has finished.
struct finished {
  /// Satisfies the assignment's output schema.
  json_text result;
};

/// The agent cannot go on.
struct gave_up {
  ec code = ec::step_failed;
  std::string message;
};

using next_action = std::variant<call_model, call_tool, finished, gave_up>;

/// The loop of an agent as a pure state machine: it says what to do next and
/// is told how that went. Told the same, it says the same: a session is resumed
/// by telling it what the journal holds.
class session {
public:
  explicit session(assignment what);

  /// What to do now. Asking twice gives the same answer.
  const next_action& next() const {
    return next_;
  }

  /// The model has answered the present `call_model`.
  void on_model(models::chat_response answer);

  /// A person tells the agent something before the present `call_model`.
  void on_hint(std::string text);

  /// The tool of the present `call_tool` has ended.
  void on_tool(tool_outcome outcome);

  /// Model calls that were answered.
  uint32_t turns() const {
    return turns_;
  }

  const std::vector<models::chat_message>& transcript() const {
    return transcript_;
  }

private:
  void proceed();
  void ask_model();
  void say(std::string text);
  std::optional<tool_outcome> answer_by_itself(const models::tool_call& call);

  assignment what_;
  std::vector<models::chat_message> transcript_;
  /// The calls of the last answer, and how many of them are done.
  std::vector<models::tool_call> calls_;
  size_t calls_done_ = 0;
  uint32_t turns_ = 0;
  /// Answers in a row that brought the work no further.
  uint32_t idle_turns_ = 0;
  std::optional<json_text> result_;
  next_action next_;
};

/// Bound on what a model reads of one tool's outcome, in bytes.
constexpr size_t max_outcome_bytes = 32u << 10;

} // namespace machine::agents

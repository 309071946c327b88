#include "actors/models/desk/answer_check.hpp"

#include "actors/models/desk/desk_state.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"

namespace machine::models {

std::optional<bool> has_form(const chat_request& asked,
                             const std::string& answer) {
  auto& schema = asked.output_schema;
  if (!schema || schema->text.size() > max_checked_schema
      || answer.size() > max_checked_answer)
    return std::nullopt;
  if (!orchestrator::check_schema(*schema))
    return std::nullopt;
  auto valid = orchestrator::validate(*schema, json_text{answer});
  if (valid)
    return true;
  if (code_of(valid.error()) == ec::limit_exceeded)
    return std::nullopt;
  return false;
}

bool may_be_checked(const chat_request& asked, const chat_response& answer) {
  return asked.output_schema && answer.stop != stop_reason::refused
      && answer.stop != stop_reason::tool_use
      && answer.message.tool_calls.empty();
}

void check_form(desk_state& at, const queue_owner& whose,
                std::shared_ptr<const chat_request> asked, std::string answer,
                std::function<void(std::optional<bool>)> then) {
  auto err = at.uses.think(
    whose, [inbox = at.uses.inbox, asked, answer = std::move(answer), then] {
      auto found = has_form(*asked, answer);
      inbox->post([then, found](desk_state&) { then(found); });
    });
  // With so much to think about, it is taken as it is.
  if (err)
    then(std::nullopt);
}

} // namespace machine::models

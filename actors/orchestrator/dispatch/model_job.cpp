#include "actors/orchestrator/dispatch/model_call.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// The JSON in an answer that may stand in a fenced block.
std::string unfence(const std::string& text) {
  auto begin = text.find("```");
  if (begin == std::string::npos)
    return text;
  begin = text.find('\n', begin);
  auto end = text.rfind("```");
  if (begin == std::string::npos || end <= begin)
    return text;
  return text.substr(begin + 1, end - begin - 1);
}

class model_job final : public job {
public:
  model_job(attempt_state& of, model_step what)
      : of_(of), what_(std::move(what)) {}

  void proceed() override {
    models::chat_request request;
    if (what_.system)
      request.messages.push_back(
        {models::chat_role::system, *what_.system, {}, std::nullopt});
    request.messages.push_back(
      {models::chat_role::user, what_.prompt, {}, std::nullopt});
    for (auto& hint : of_.order().hints)
      request.messages.push_back(
        {models::chat_role::user, hint.text, {}, std::nullopt});
    request.output_schema = what_.output;
    request.max_output_tokens = what_.max_output_tokens;
    call_ = std::make_unique<model_call>(
      of_, model_call::question{std::move(request), what_.job, what_.model},
      number_, [this](auto answer, auto retry_after) {
        ended(std::move(answer), retry_after);
      });
    call_->start();
  }

  void stop() override {
    call_->stop();
  }

private:
  void ended(caf::expected<models::chat_response> answer,
             std::optional<duration> retry_after) {
    if (of_.stopping()) {
      of_.stopped();
      return;
    }
    if (!answer) {
      of_.fail(answer.error(), {}, retry_after);
      return;
    }
    auto& text = answer->message.content;
    if (answer->stop == models::stop_reason::refused) {
      of_.fail(make_error(ec::provider_rejected,
                          "the model refuses: " + text.substr(0, 500)));
      return;
    }
    if (answer->stop == models::stop_reason::length) {
      of_.fail(make_error(ec::limit_exceeded,
                          "the answer was cut off at the limit of its length; "
                          "raise max_output_tokens (now "
                            + std::to_string(what_.max_output_tokens)
                            + "), or name a model whose answers may be "
                              "longer"));
      return;
    }
    if (!what_.output) {
      of_.finish({wire::to_json(text)});
      return;
    }
    json_text value{unfence(text)};
    if (auto valid = validate(*what_.output, value); !valid) {
      of_.fail(make_error(ec::provider_garbled,
                          "the answer is not as its schema wants it: "
                            + message_of(valid.error())));
      return;
    }
    of_.finish(std::move(value));
  }

  attempt_state& of_;
  model_step what_;
  uint32_t number_ = 0;
  std::unique_ptr<model_call> call_;
};

} // namespace

std::unique_ptr<job> make_model_job(attempt_state& of, model_step what) {
  return std::make_unique<model_job>(of, std::move(what));
}

} // namespace machine::orchestrator

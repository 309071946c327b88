#include "actors/orchestrator/dispatch/tool_call.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// Makes the one tool call of a `tool` step.
class tool_job final : public job {
public:
  tool_job(attempt_state& of, tool_step what)
      : of_(of), what_(std::move(what)) {}

  void proceed() override {
    if (auto problem = check()) {
      of_.fail(problem);
      return;
    }
    models::tool_call call{of_.order().activation, what_.name, what_.arguments};
    // What could not even be made is tried under the next number.
    uint32_t number = 1;
    auto* known = of_.journal(of_.effect_id(number));
    while (known != nullptr && known->phase == effect_phase::failed)
      known = of_.journal(of_.effect_id(++number));
    call_.emplace(of_, std::move(call), number,
                  [this](const auto& answer) { conclude(answer); });
    call_->start();
  }

  void stop() override {
    if (call_)
      call_->stop();
  }

private:
  caf::error check() const {
    if (of_.order().directory.empty())
      return make_error(ec::invalid_argument,
                        "a tool needs a workspace; start the run with --repo");
    auto tools = agents::find_tools({what_.name});
    if (!tools)
      return std::move(tools.error());
    if (auto valid = validate(tools->front().parameters, what_.arguments);
        !valid)
      return with_context("arguments of " + what_.name, valid.error());
    return caf::none;
  }

  void conclude(const tool_call::answer& answer) {
    if (of_.stopping())
      of_.stopped();
    else if (answer)
      of_.finish({wire::to_json(*answer)});
    else
      of_.fail(answer.error());
  }

  attempt_state& of_;
  tool_step what_;
  std::optional<tool_call> call_;
};

} // namespace

std::unique_ptr<job> make_tool_job(attempt_state& of, tool_step what) {
  return std::make_unique<tool_job>(of, std::move(what));
}

} // namespace machine::orchestrator

#include "actors/orchestrator/dispatch/model_call.hpp"
#include "actors/orchestrator/dispatch/tool_call.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// What a model reads of a tool call. The exit code of a command says itself
/// that it failed.
std::string text_of(const models::tool_call& call,
                    const tool_call::answer& what) {
  if (what)
    return *what;
  auto text = message_of(what.error());
  auto tells =
    call.name == "run_command" && code_of(what.error()) == ec::step_failed;
  return tells ? text : "Error: " + text;
}

/// Lets an agent's session happen: does what it says next, records it, and
/// tells it how that went.
class agent_job final : public job {
public:
  agent_job(attempt_state& of, agent_step what)
      : of_(of), what_(std::move(what)) {}

  void proceed() override {
    if (auto problem = begin())
      of_.fail(problem);
    else
      step();
  }

  void stop() override {
    if (call_ != nullptr)
      call_->stop();
    if (tool_ != nullptr)
      tool_->stop();
    if (!busy_)
      of_.stopped();
  }

private:
  caf::error begin() {
    auto& roles = of_.uses().roles;
    auto i = roles.find(what_.role);
    if (i == roles.end())
      return make_error(ec::not_found, "there is no role " + what_.role);
    if (of_.order().directory.empty())
      return make_error(ec::invalid_argument,
                        "an agent needs a workspace; start the run with "
                        "--repo");
    agents::assignment task;
    task.role = i->second;
    task.prompt = what_.prompt;
    task.output = what_.output.value_or(task.role.output);
    task.max_turns = what_.max_turns.value_or(task.role.max_turns);
    auto names = task.role.tools;
    if (!what_.tools.empty())
      std::erase_if(names, [&](const std::string& name) {
        return std::find(what_.tools.begin(), what_.tools.end(), name)
            == what_.tools.end();
      });
    auto tools = agents::find_tools(names);
    if (!tools)
      return std::move(tools.error());
    task.tools = std::move(*tools);
    job_ = task.role.job;
    session_.emplace(std::move(task));
    return caf::none;
  }

  void step() {
    busy_ = false;
    if (of_.stopping()) {
      of_.stopped();
      return;
    }
    busy_ = true;
    take_hints();
    auto next = session_->next();
    std::visit([this](auto& x) { perform(x); }, next);
  }

  /// Says what people said when the session was as far as this.
  void take_hints() {
    auto& hints = of_.order().hints;
    if (!std::holds_alternative<agents::call_model>(session_->next()))
      return;
    for (; hints_ < hints.size() && hints[hints_].after <= told_; ++hints_)
      session_->on_hint(hints[hints_].text);
  }

  void perform(agents::call_model& x) {
    call_ = std::make_unique<model_call>(
      of_,
      model_call::question{std::move(x.request), job_, what_.model, what_.role},
      number_, [this](auto answer, auto retry_after) {
        // The call must outlive its own handler.
        auto ended = std::shared_ptr<model_call>{std::move(call_)};
        of_.after(duration{0}, [ended] {});
        if (answer) {
          ++told_;
          session_->on_model(std::move(*answer));
          step();
        } else if (of_.stopping()) {
          of_.stopped();
        } else {
          of_.fail(answer.error(), {}, retry_after);
        }
      });
    call_->start();
  }

  void perform(agents::call_tool& x) {
    auto call = x.call;
    tool_ = std::make_unique<tool_call>(
      of_, std::move(x.call), ++number_, [this, call](const auto& answer) {
        // It must outlive its own handler.
        auto ended = std::shared_ptr<tool_call>{std::move(tool_)};
        of_.after(duration{0}, [ended] {});
        ++told_;
        session_->on_tool({text_of(call, answer)});
        step();
      });
    tool_->start();
  }

  void perform(agents::finished& x) {
    of_.finish(std::move(x.result));
  }

  void perform(agents::gave_up& x) {
    of_.fail(make_error(x.code, x.message));
  }

  attempt_state& of_;
  agent_step what_;
  std::string job_;
  std::optional<agents::session> session_;
  std::unique_ptr<model_call> call_;
  std::unique_ptr<tool_call> tool_;
  uint32_t number_ = 0;
  /// The effects that the session knows of.
  uint32_t told_ = 0;
  /// The hints that it knows of.
  size_t hints_ = 0;
  bool busy_ = false;
};

} // namespace

std::unique_ptr<job> make_agent_job(attempt_state& of, agent_step what) {
  return std::make_unique<agent_job>(of, std::move(what));
}

} // namespace machine::orchestrator

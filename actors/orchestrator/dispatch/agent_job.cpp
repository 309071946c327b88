#include "actors/agents/tools/tools.hpp"
#include "actors/orchestrator/dispatch/command.hpp"
#include "actors/orchestrator/dispatch/model_call.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

std::string describe(const caf::expected<agents::sandbox_result>& x) {
  if (!x)
    return "Error: " + message_of(x.error());
  auto text = "exit code " + std::to_string(x->exit_code) + "\n" + x->output;
  if (!x->note.empty())
    text += "\nNote: " + x->note;
  return text;
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
    command_.stop();
    reading_.request_stop();
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
    auto next = session_->next();
    std::visit([this](auto& x) { perform(x); }, next);
  }

  void perform(agents::call_model& x) {
    call_ = std::make_unique<model_call>(
      of_, std::move(x.request), job_, what_.model, number_,
      [this](auto answer, auto retry_after) {
        // The call must outlive its own handler.
        auto ended = std::shared_ptr<model_call>{std::move(call_)};
        of_.after(duration{0}, [ended] {});
        if (answer) {
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
    tool_ = std::move(x.call);
    edit_.reset();
    effect_ = of_.effect_id(++number_);
    auto* known = of_.journal(effect_);
    if (known != nullptr && known->phase == effect_phase::done) {
      replay(*known);
      return;
    }
    if (agents::effect_of(tool_.name) != agents::tool_effect::edits)
      intend();
    else if (known != nullptr && known->guard)
      find_edit(*known->guard);
    else
      plan_edit();
  }

  /// An earlier worker may have made the edit before it was lost.
  void find_edit(const std::string& guard) {
    of_.in_pool<std::optional<std::string>>(
      [directory = of_.order().directory, call = tool_, guard] {
        return agents::find_edit(directory, call, guard);
      },
      [this, guard](std::optional<std::string>& done) {
        if (done)
          intend(guard, std::move(done));
        else
          plan_edit();
      });
  }

  void plan_edit() {
    using result_type = caf::expected<agents::file_edit>;
    of_.in_pool<result_type>(
      [directory = of_.order().directory, call = tool_] {
        return agents::plan_editing_tool(directory, call);
      },
      [this](result_type& plan) {
        if (!plan) {
          intend(std::nullopt, "Error: " + message_of(plan.error()));
          return;
        }
        auto guard = plan->after;
        edit_ = std::move(*plan);
        intend(std::move(guard));
      });
  }

  /// @param outcome What is known already of how the call goes.
  void intend(std::optional<std::string> guard = std::nullopt,
              std::optional<std::string> outcome = std::nullopt) {
    intend_effect intent;
    intent.effect = effect_;
    intent.activation = of_.order().activation;
    intent.token = of_.order().token;
    intent.kind = effect_kind::tool;
    intent.subject = agents::describe_call(tool_);
    intent.idempotent =
      of_.order().idempotent
      || agents::effect_of(tool_.name) != agents::tool_effect::runs;
    intent.guard = std::move(guard);
    of_.tell(
      std::move(intent),
      [this, outcome] {
        if (of_.stopping())
          of_.stopped();
        else if (outcome)
          record(*outcome);
        else
          run_tool();
      },
      [this](const caf::error& why) {
        of_.stopping() ? of_.stopped() : of_.fail(why);
      });
  }

  void perform(agents::finished& x) {
    of_.finish(std::move(x.result));
  }

  void perform(agents::gave_up& x) {
    of_.fail(make_error(x.code, x.message));
  }

  void replay(const effect_record& known) {
    using result_type = caf::expected<bytes>;
    of_.in_pool<result_type>(
      [engine = of_.uses().engine, hash = known.result] {
        return engine->get_blob(hash);
      },
      [this](result_type& content) {
        if (!content) {
          of_.fail(content.error());
          return;
        }
        session_->on_tool({std::string{as_text(*content)}});
        step();
      });
  }

  void run_tool() {
    if (tool_.name == "run_command") {
      run_command();
      return;
    }
    of_.in_pool<std::string>(
      [directory = of_.order().directory, call = tool_, edit = edit_,
       stop = reading_.get_token()] {
        return edit ? agents::perform_edit(directory, *edit)
                    : agents::perform_reading_tool(directory, call, stop);
      },
      [this](std::string& text) { record(std::move(text)); });
  }

  void run_command() {
    auto what = wire::from_json<agents::run_command_call>(tool_.arguments.text);
    if (!what) {
      record("Error: " + message_of(what.error()));
      return;
    }
    std::optional<duration> timeout;
    if (what->timeout_seconds)
      timeout = std::chrono::seconds{*what->timeout_seconds};
    command_.run(of_, {"/bin/sh", "-c", what->command}, {}, timeout,
                 [this](auto& result) { record(describe(result)); });
  }

  void record(std::string text) {
    finish_effect done;
    done.effect = effect_;
    done.activation = of_.order().activation;
    done.token = of_.order().token;
    // What the model reads is what is kept.
    if (text.size() > 2 * agents::max_outcome_bytes)
      text = text.substr(0, agents::max_outcome_bytes) + "\n[...]\n"
           + text.substr(text.size() - agents::max_outcome_bytes);
    text = wire::to_utf8(text);
    done.result = text;
    done.message = text.substr(0, std::min(text.find('\n'), size_t{120}));
    auto then = [this, text] {
      session_->on_tool({text});
      step();
    };
    of_.tell(std::move(done), then, [this](const caf::error& why) {
      of_.stopping() ? of_.stopped() : of_.fail(why);
    });
  }

  attempt_state& of_;
  agent_step what_;
  std::string job_;
  std::optional<agents::session> session_;
  std::unique_ptr<model_call> call_;
  sandboxed command_;
  std::stop_source reading_;
  models::tool_call tool_;
  std::string effect_;
  /// The edit that the tool is about to make.
  std::optional<agents::file_edit> edit_;
  uint32_t number_ = 0;
  bool busy_ = false;
};

} // namespace

std::unique_ptr<job> make_agent_job(attempt_state& of, agent_step what) {
  return std::make_unique<agent_job>(of, std::move(what));
}

} // namespace machine::orchestrator

#include "actors/orchestrator/dispatch/command.hpp"

#include "actors/agents/workspace/command_mark.hpp"
#include "actors/orchestrator/dispatch/spans.hpp"
#include "runtime/wire/wire.hpp"

#include <caf/send.hpp>

#include <exception>

namespace machine::orchestrator {

namespace {

/// What a command's step puts out.
struct command_output {
  int32_t exit_code = 0;
  std::string output;
  uint32_t elapsed_ms = 0;
  std::string note;

  static constexpr const char* wire_name = "command_output";

  static constexpr auto fields() {
    return wire::members(wire::field{"exit_code", &command_output::exit_code},
                         wire::field{"output", &command_output::output},
                         wire::field{"elapsed_ms", &command_output::elapsed_ms},
                         wire::field{"note", &command_output::note});
  }
};

/// How a command went, as it is kept: enough to end its step in the same way
/// without running it again.
struct command_record {
  int32_t exit_code = 0;
  std::string output;
  uint32_t elapsed_ms = 0;
  std::string note;
  /// Empty if it went well.
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "command_record";

  static constexpr auto fields() {
    return wire::members(wire::field{"exit_code", &command_record::exit_code},
                         wire::field{"output", &command_record::output},
                         wire::field{"elapsed_ms", &command_record::elapsed_ms},
                         wire::field{"note", &command_record::note},
                         wire::field{"code", &command_record::code},
                         wire::field{"message", &command_record::message});
  }
};

/// Bound on the output that conditions and prompts see, in bytes.
constexpr size_t max_visible = 32u << 10;

std::string tail(const std::string& text) {
  if (text.size() <= max_visible)
    return text;
  return "[...]\n"
       + wire::to_utf8(
           std::string_view{text}.substr(text.size() - max_visible));
}

caf::error error_of(const agents::sandbox_result& x) {
  auto code = ec::step_failed;
  std::string message =
    "the command ended with exit code " + std::to_string(x.exit_code);
  switch (x.end) {
    case agents::sandbox_end::time_limit: code = ec::timeout; break;
    case agents::sandbox_end::memory_limit:
    case agents::sandbox_end::disk_limit:
    case agents::sandbox_end::process_limit: code = ec::limit_exceeded; break;
    case agents::sandbox_end::cancelled: code = ec::cancelled; break;
    default: break;
  }
  if (!x.note.empty())
    message = code == ec::step_failed ? message + ". " + x.note : x.note;
  return make_error(code, message);
}

/// Runs *command* in its worktree; who comes after one that was killed can see
/// that it was.
caf::expected<agents::sandbox_result>
run_marked(agents::sandbox_command& command, const agents::workspace& where,
           const std::stop_token& stop,
           const std::function<void(std::string_view)>& say) {
  auto tree = agents::find_worktree(where);
  if (!tree)
    return agents::run_in_sandbox(command, stop, say);
  command.read_only = agents::readable_parts(*tree);
  auto mark = agents::command_mark::set(*tree);
  if (!mark)
    return std::move(mark.error());
  auto result = agents::run_in_sandbox(command, stop, say);
  if (result && result->end == agents::sandbox_end::exited)
    mark->ended();
  return result;
}

class command_job final : public job {
public:
  command_job(attempt_state& of, command_step what)
      : of_(of), what_(std::move(what)) {}

  void proceed() override {
    if (of_.order().directory.empty()) {
      of_.fail(make_error(ec::invalid_argument,
                          "a command needs a workspace; start the run with "
                          "--repo"));
      return;
    }
    // What could not even be run is tried under the next number.
    auto* known = of_.journal(of_.effect_id(number_));
    while (known != nullptr && known->phase == effect_phase::failed)
      known = of_.journal(of_.effect_id(++number_));
    if (known != nullptr && known->phase == effect_phase::done)
      replay(*known);
    else
      intend();
  }

  void stop() override {
    if (running_)
      command_.stop();
    else
      of_.stopped();
  }

private:
  /// An earlier worker ran it, and was lost before it could say more.
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
        auto kept = wire::from_json<command_record>(as_text(*content));
        if (kept)
          conclude(*kept);
        else
          of_.fail(kept.error());
      });
  }

  void intend() {
    std::string subject;
    for (auto& word : what_.argv)
      subject += (subject.empty() ? "" : " ") + word;
    intend_effect intent;
    intent.effect = of_.effect_id(number_);
    intent.activation = of_.order().activation;
    intent.token = of_.order().token;
    intent.kind = effect_kind::command;
    intent.subject = wire::to_utf8(subject.substr(0, 200));
    intent.idempotent = of_.order().idempotent;
    of_.intend(
      std::move(intent), [this] { run(); },
      [this](const caf::error& why) { of_.fail(why); });
  }

  void run() {
    if (of_.stopping()) {
      of_.stopped();
      return;
    }
    running_ = true;
    began_ = wall_clock();
    of_.hear();
    if (what_.heartbeat)
      listen(*what_.heartbeat);
    auto argv = what_.argv;
    if (argv.size() == 1)
      argv = {"/bin/sh", "-c", argv.front()};
    command_.run(of_, of_.effect_id(number_), std::move(argv),
                 what_.environment, of_.order().timeout,
                 [this](auto& result) { ended(result); });
  }

  /// Ends the command if it is silent for too long.
  void listen(duration wait) {
    of_.after(wait, [this] {
      if (!running_ || of_.stopping())
        return;
      auto longest = *what_.heartbeat;
      auto silence = of_.silence();
      if (silence < longest) {
        listen(longest - silence);
        return;
      }
      silent_ = true;
      command_.stop();
    });
  }

  void ended(caf::expected<agents::sandbox_result>& result) {
    running_ = false;
    finish_effect done;
    done.effect = of_.effect_id(number_);
    done.activation = of_.order().activation;
    done.token = of_.order().token;
    if (!result) {
      auto why = result.error();
      done.code = to_string(code_of(why));
      done.message = message_of(why);
      auto then = [this, why] { of_.fail(why); };
      auto known = [this, then, code = done.code] {
        record(code);
        then();
      };
      of_.tell(std::move(done), known, [then](const caf::error&) { then(); });
      return;
    }
    command_record kept{result->exit_code,
                        std::move(result->output),
                        static_cast<uint32_t>(result->elapsed.count()),
                        result->note,
                        "",
                        "exit code 0"};
    if (result->exit_code != 0 || result->end != agents::sandbox_end::exited) {
      auto why =
        silent_
          ? make_error(ec::timeout, "the command gave no sign of life for "
                                      + std::to_string(what_.heartbeat->count())
                                      + " ms; let it print its progress, or "
                                        "raise heartbeat")
          : error_of(*result);
      kept.code = to_string(code_of(why));
      kept.message = message_of(why);
    }
    done.result = wire::to_json(kept);
    done.code = kept.code;
    done.message = kept.message;
    auto then = [this, kept = std::move(kept)] { conclude(kept); };
    auto known = [this, then, code = done.code] {
      record(code);
      then();
    };
    of_.tell(std::move(done), known, [then](const caf::error&) { then(); });
  }

  void record(const std::string& code) const {
    auto& traces = of_.uses().traces;
    if (traces.is_on())
      traces.record(span_of_tool_call(of_.order(), of_.effect_id(number_),
                                      traces, {began_, wall_clock()},
                                      "run_command", "", code));
  }

  void conclude(const command_record& kept) {
    command_output shown{kept.exit_code, tail(kept.output), kept.elapsed_ms,
                         kept.note};
    json_text output{wire::to_json(shown)};
    if (of_.stopping())
      of_.stopped(std::move(output));
    else if (kept.code.empty())
      of_.finish(std::move(output));
    else
      of_.fail(make_error(ec_from_string(kept.code), kept.message),
               std::move(output));
  }

  attempt_state& of_;
  command_step what_;
  sandboxed command_;
  uint32_t number_ = 1;
  timestamp began_{};
  bool running_ = false;
  /// It was ended because nothing came out of it.
  bool silent_ = false;
};

} // namespace

void sandboxed::run(
  attempt_state& of, const std::string& effect, std::vector<std::string> argv,
  std::map<std::string, std::string> environment,
  std::optional<duration> timeout,
  std::function<void(caf::expected<agents::sandbox_result>&)> then) {
  agents::sandbox_command command;
  command.argv = std::move(argv);
  command.worktree = of.order().directory;
  command.environment = std::move(environment);
  command.environment.emplace("THEMACHINE_IDEMPOTENCY_KEY",
                              idempotency_key(of.order(), effect));
  command.environment.emplace("THEMACHINE_ATTEMPT",
                              std::to_string(of.order().attempt));
  command.limits = of.uses().limits;
  if (timeout)
    command.limits.time = std::min(command.limits.time, *timeout);
  stop_ = std::stop_source{};
  using slot_type = caf::expected<agents::sandbox_result>;
  auto slot = std::make_shared<slot_type>(
    make_error(ec::internal, "the command's thread did not come to its end"));
  auto number = of.expect([slot, then = std::move(then)] { then(*slot); });
  auto work = [slot, command = std::move(command), where = of.workspace(),
               stop = stop_.get_token(), say = of.voice("output")]() mutable {
    try {
      *slot = run_marked(command, where, stop, say);
    } catch (const std::exception& e) {
      *slot = make_error(
        ec::internal, std::string{"the command could not be run: "} + e.what());
    }
  };
  // A command may take hours: it must not keep others from the pool.
  of.post(of.uses().commands, std::move(work), number);
}

std::unique_ptr<job> make_command_job(attempt_state& of, command_step what) {
  return std::make_unique<command_job>(of, std::move(what));
}

} // namespace machine::orchestrator

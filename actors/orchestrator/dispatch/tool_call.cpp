#include "actors/orchestrator/dispatch/tool_call.hpp"

#include "actors/agents/guard/canonical.hpp"
#include "actors/agents/session/session.hpp"
#include "actors/orchestrator/dispatch/spans.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// How a tool call went, as it is kept.
struct tool_record {
  std::string text;
  /// Empty if it went well.
  std::string code;

  static constexpr const char* wire_name = "tool_record";

  static constexpr auto fields() {
    return wire::members(wire::field{"text", &tool_record::text},
                         wire::field{"code", &tool_record::code});
  }
};

/// What a model reads of a command; that it failed is for the model to judge.
tool_call::answer describe(const caf::expected<agents::sandbox_result>& x) {
  if (!x)
    return x.error();
  auto text = "exit code " + std::to_string(x->exit_code) + "\n" + x->output;
  if (!x->note.empty())
    text += "\nNote: " + x->note;
  if (x->exit_code != 0 || x->end != agents::sandbox_end::exited)
    return make_error(ec::step_failed, std::move(text));
  return text;
}

/// The same for all calls that ask for the same.
std::string hash_of(const models::tool_call& x) {
  return store::hash_blob(
    to_bytes(x.name + "\n" + agents::canonical_json(x.arguments.text)));
}

/// What the model reads is what is kept.
std::string fit(std::string text) {
  if (text.size() > 2 * agents::max_outcome_bytes)
    text = text.substr(0, agents::max_outcome_bytes) + "\n[...]\n"
         + text.substr(text.size() - agents::max_outcome_bytes);
  return wire::to_utf8(text);
}

} // namespace

tool_call::tool_call(attempt_state& of, models::tool_call what, uint32_t number,
                     std::function<void(answer)> then)
    : of_(of), what_(std::move(what)), effect_(of.effect_id(number)),
      then_(std::move(then)) {}

void tool_call::start() {
  auto* known = of_.journal(effect_);
  if (known != nullptr && known->phase == effect_phase::done)
    replay(*known);
  else if (agents::effect_of(what_.name) != agents::tool_effect::edits)
    intend();
  else if (known != nullptr && known->guard)
    find_edit(*known->guard);
  else
    plan_edit();
}

void tool_call::stop() {
  command_.stop();
  reading_.request_stop();
}

/// An earlier worker may have made the edit before it was lost.
void tool_call::find_edit(const std::string& guard) {
  of_.in_pool<std::optional<std::string>>(
    [directory = of_.order().directory, call = what_, guard] {
      return agents::find_edit(directory, call, guard);
    },
    [this, guard](std::optional<std::string>& done) {
      if (done)
        intend(guard, answer{std::move(*done)});
      else
        plan_edit();
    });
}

void tool_call::plan_edit() {
  using result_type = caf::expected<agents::file_edit>;
  of_.in_pool<result_type>(
    [directory = of_.order().directory, call = what_] {
      return agents::plan_editing_tool(directory, call);
    },
    [this](result_type& plan) {
      if (!plan) {
        intend(std::nullopt, answer{plan.error()});
        return;
      }
      auto guard = plan->after;
      edit_ = std::move(*plan);
      intend(std::move(guard));
    });
}

/// @param outcome What is known already of how the call goes.
void tool_call::intend(std::optional<std::string> guard,
                       std::optional<answer> outcome) {
  intend_effect intent;
  intent.effect = effect_;
  intent.activation = of_.order().activation;
  intent.token = of_.order().token;
  intent.kind = effect_kind::tool;
  intent.subject = agents::describe_call(what_);
  intent.idempotent =
    of_.order().idempotent
    || agents::effect_of(what_.name) != agents::tool_effect::runs;
  intent.guard = std::move(guard);
  if (of_.order().kind == attempt_kind::agent)
    intent.call = hash_of(what_);
  of_.intend(
    std::move(intent),
    [this, outcome] {
      began_ = wall_clock();
      if (of_.stopping())
        of_.stopped();
      else if (outcome)
        record(*outcome);
      else
        perform();
    },
    [this](const caf::error& why) { refused(why); });
}

void tool_call::replay(const effect_record& known) {
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
      auto kept = wire::from_json<tool_record>(as_text(*content));
      // What an operator told of it is text.
      if (!kept)
        then_(std::string{as_text(*content)});
      else if (kept->code.empty())
        then_(std::move(kept->text));
      else
        then_(make_error(ec_from_string(kept->code), std::move(kept->text)));
    });
}

void tool_call::perform() {
  if (what_.name == "run_command") {
    run_command();
    return;
  }
  of_.in_pool<answer>(
    [directory = of_.order().directory, call = what_, edit = edit_,
     stop = reading_.get_token()] {
      return edit ? agents::perform_edit(directory, *edit)
                  : agents::perform_reading_tool(directory, call, stop);
    },
    [this](answer& text) { record(std::move(text)); });
}

void tool_call::run_command() {
  auto what = wire::from_json<agents::run_command_call>(what_.arguments.text);
  if (!what) {
    record(what.error());
    return;
  }
  std::optional<duration> timeout;
  if (what->timeout_seconds)
    timeout = std::chrono::seconds{*what->timeout_seconds};
  command_.run(of_, effect_, {"/bin/sh", "-c", what->command}, {}, timeout,
               [this](auto& result) { see_tree(describe(result)); });
}

/// A command may have changed anything in the workspace: whether it did tells
/// an agent that gets somewhere from one that goes in circles.
void tool_call::see_tree(answer what) {
  if (of_.order().kind != attempt_kind::agent) {
    record(std::move(what));
    return;
  }
  using result_type = caf::expected<std::string>;
  of_.in_pool<result_type>(
    [where = of_.workspace()] { return agents::tree_of(where); },
    [this, what](result_type& tree) {
      if (tree)
        tree_ = std::move(*tree);
      record(what);
    });
}

void tool_call::record(answer what) {
  tool_record kept;
  kept.text = fit(what ? *what : message_of(what.error()));
  if (what) {
    *what = kept.text;
  } else {
    kept.code = to_string(code_of(what.error()));
    what = make_error(code_of(what.error()), kept.text);
  }
  finish_effect done;
  done.effect = effect_;
  done.activation = of_.order().activation;
  done.token = of_.order().token;
  done.result = wire::to_json(kept);
  done.code = kept.code;
  done.tree = tree_;
  done.message =
    kept.text.substr(0, std::min(kept.text.find('\n'), size_t{120}));
  auto then = [this, what, code = done.code] {
    auto& traces = of_.uses().traces;
    if (traces.is_on())
      traces.record(span_of_tool_call(of_.order(), effect_, traces,
                                      {began_, wall_clock()}, what_.name,
                                      what_.id, code));
    then_(what);
  };
  of_.tell(std::move(done), std::move(then),
           [this](const caf::error& why) { refused(why); });
}

void tool_call::refused(const caf::error& why) {
  if (of_.stopping())
    of_.stopped();
  else
    of_.fail(why);
}

} // namespace machine::orchestrator

#include "actors/agents/session/session.hpp"

#include "actors/orchestrator/workflow/json_schema.hpp"

#include <algorithm>
#include <utility>

namespace machine::agents {

namespace {

/// Answers in a row that call no tool, or none that works, before we give up.
constexpr uint32_t max_idle_turns = 3;

models::tool_definition finish_tool(const json_text& output) {
  return {"finish",
          "Ends your work and hands over its result. Call it once, alone, when "
          "everything is done.",
          output};
}

std::string cut(std::string text) {
  if (text.size() <= max_outcome_bytes)
    return text;
  auto half = max_outcome_bytes / 2;
  auto is_inside = [&](size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  auto head = half;
  while (head > 0 && is_inside(head))
    --head;
  auto tail = text.size() - half;
  while (tail < text.size() && is_inside(tail))
    ++tail;
  return text.substr(0, head) + "\n[... " + std::to_string(tail - head)
       + " bytes left out ...]\n" + text.substr(tail);
}

} // namespace

session::session(assignment what) : what_(std::move(what)) {
  what_.tools.push_back(finish_tool(what_.output));
  transcript_.push_back(
    {models::chat_role::system, what_.role.system, {}, std::nullopt});
  say(what_.prompt);
  ask_model();
}

void session::on_model(models::chat_response answer) {
  if (!std::holds_alternative<call_model>(next_))
    return;
  ++turns_;
  ++idle_turns_;
  calls_ = answer.message.tool_calls;
  calls_done_ = 0;
  transcript_.push_back(std::move(answer.message));
  if (answer.stop == models::stop_reason::refused) {
    next_ = gave_up{ec::provider_rejected, "the model refuses to do this: "
                                             + cut(transcript_.back().content)};
    return;
  }
  if (answer.stop == models::stop_reason::length) {
    // A call that was cut off in the middle must not be carried out.
    for (auto& call : std::exchange(calls_, {}))
      transcript_.push_back({models::chat_role::tool,
                             "Your answer was cut off at the limit of its "
                             "length, so this call was not made. Work in "
                             "smaller steps.",
                             {},
                             call.id});
    if (transcript_.back().role == models::chat_role::assistant)
      say("Your answer was cut off at the limit of its length. Go on in "
          "smaller steps.");
  }
  proceed();
}

void session::on_hint(std::string text) {
  if (!std::holds_alternative<call_model>(next_))
    return;
  idle_turns_ = 0;
  say(std::move(text));
  ask_model();
}

void session::on_tool(tool_outcome outcome) {
  auto* now = std::get_if<call_tool>(&next_);
  if (now == nullptr)
    return;
  transcript_.push_back(
    {models::chat_role::tool, cut(std::move(outcome.text)), {}, now->call.id});
  ++calls_done_;
  idle_turns_ = 0;
  proceed();
}

void session::proceed() {
  while (calls_done_ < calls_.size()) {
    auto& call = calls_[calls_done_];
    auto answer = answer_by_itself(call);
    if (!answer) {
      next_ = call_tool{call};
      return;
    }
    transcript_.push_back(
      {models::chat_role::tool, std::move(answer->text), {}, call.id});
    ++calls_done_;
  }
  if (result_) {
    next_ = finished{*result_};
    return;
  }
  if (transcript_.back().role == models::chat_role::assistant)
    say("You called no tool. Go on with the work; when everything is done, "
        "call `finish`.");
  ask_model();
}

void session::ask_model() {
  if (idle_turns_ >= max_idle_turns) {
    next_ =
      gave_up{ec::step_failed, "the agent stopped getting anywhere: "
                                 + std::to_string(idle_turns_)
                                 + " answers in a row made no use of a tool"};
    return;
  }
  if (turns_ >= what_.max_turns) {
    next_ =
      gave_up{ec::limit_exceeded,
              "the agent has used all of its " + std::to_string(what_.max_turns)
                + " turns without finishing; raise max_turns or make the "
                  "step smaller"};
    return;
  }
  models::chat_request request;
  request.messages = transcript_;
  request.tools = what_.tools;
  request.max_output_tokens = what_.role.max_output_tokens;
  next_ = call_model{std::move(request)};
}

void session::say(std::string text) {
  transcript_.push_back(
    {models::chat_role::user, std::move(text), {}, std::nullopt});
}

/// Answers the calls that need nobody else: `finish`, tools that do not exist
/// and arguments that break the tool's schema.
std::optional<tool_outcome>
session::answer_by_itself(const models::tool_call& call) {
  auto tool = std::find_if(what_.tools.begin(), what_.tools.end(),
                           [&](auto& x) { return x.name == call.name; });
  if (tool == what_.tools.end()) {
    std::string known;
    for (auto& x : what_.tools)
      known += (known.empty() ? "" : ", ") + x.name;
    return tool_outcome{"There is no tool " + call.name
                        + ". Your tools are: " + known + "."};
  }
  auto valid = orchestrator::validate(tool->parameters, call.arguments);
  if (!valid)
    return tool_outcome{"The arguments of " + call.name
                        + " are not as its schema wants them: "
                        + message_of(valid.error())};
  if (call.name != "finish")
    return std::nullopt;
  if (calls_.size() > 1)
    return tool_outcome{"`finish` must be the only call of an answer. Look at "
                        "the outcome of the other calls first."};
  result_ = call.arguments;
  return tool_outcome{"Finished."};
}

} // namespace machine::agents

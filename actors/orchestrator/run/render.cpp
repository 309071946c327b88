#include "actors/orchestrator/run/render.hpp"

#include "actors/orchestrator/workflow/template.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// Replaces the templates of one action in place; remembers the first error.
struct renderer {
  const json_text& scope;
  jq_budget& jq;
  caf::error problem;

  void text(std::string& what) {
    if (problem || what.find("${{") == std::string::npos)
      return;
    auto value = render_template(what, scope, jq);
    if (!value) {
      problem = std::move(value.error());
      return;
    }
    // A JSON string stands for its characters, all else for its JSON.
    if (auto plain = wire::from_json<std::string>(value->text))
      what = std::move(*plain);
    else
      what = std::move(value->text);
  }

  void text(std::optional<std::string>& what) {
    if (what)
      text(*what);
  }

  void operator()(agent_step& x) {
    text(x.prompt);
    text(x.model);
  }

  void operator()(model_step& x) {
    text(x.prompt);
    text(x.system);
    text(x.model);
  }

  void operator()(command_step& x) {
    for (auto& argument : x.argv)
      text(argument);
    for (auto& [name, value] : x.environment)
      text(value);
  }

  void operator()(approve_step& x) {
    text(x.question);
    text(x.assignee);
  }

  void operator()(fail_step& x) {
    text(x.message);
  }

  void operator()(set_step&) {}

  void operator()(repeat_step&) {}
};

} // namespace

caf::expected<step_action>
render_action(const step_action& what, const json_text& scope, jq_budget& jq) {
  auto result = what;
  renderer render{scope, jq, {}};
  std::visit(render, result);
  if (render.problem)
    return std::move(render.problem);
  return result;
}

json_text to_request(const step_action& what) {
  return {wire::to_json(what)};
}

json_text answer_schema(const approve_step& what) {
  return what.answer ? *what.answer : json_text{approval_schema};
}

} // namespace machine::orchestrator

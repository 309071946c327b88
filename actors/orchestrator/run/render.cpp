#include "actors/orchestrator/run/render.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/workflow/template.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// *from* with every text in it rendered.
caf::expected<std::string> render_part(const wire::document& tree,
                                       const wire::node& from,
                                       const jq_scope& scope, jq_budget& jq) {
  std::string result;
  auto children = [&](char open, char close) -> caf::error {
    result += open;
    for (auto* i = tree.first(from); i != nullptr; i = tree.next(*i)) {
      result += result.size() > 1 ? "," : "";
      if (open == '{')
        result += wire::to_json(std::string{i->key}) + ":";
      auto part = render_part(tree, *i, scope, jq);
      if (!part)
        return std::move(part.error());
      result += *part;
    }
    result += close;
    return check_size("what its templates yield", result.size());
  };
  caf::error problem;
  switch (from.kind) {
    case wire::node_kind::map: problem = children('{', '}'); break;
    case wire::node_kind::list: problem = children('[', ']'); break;
    case wire::node_kind::text: {
      auto value = render_template(from.text, scope, jq);
      if (!value)
        return std::move(value.error());
      return std::move(value->text);
    }
    default: return wire::write_json(tree, from);
  }
  if (problem)
    return problem;
  return result;
}

caf::expected<json_text> render_document(const json_text& what,
                                         const jq_scope& scope, jq_budget& jq) {
  auto tree = wire::parse_json(what.text, {.max_bytes = max_value_bytes});
  if (!tree)
    return std::move(tree.error());
  auto result = render_part(*tree, tree->root(), scope, jq);
  if (!result)
    return std::move(result.error());
  return json_text{std::move(*result)};
}

/// Replaces the templates of one action in place; remembers the first error.
struct renderer {
  const jq_scope& scope;
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

  /// Every text in a document.
  void tree(json_text& what) {
    if (problem || what.text.find("${{") == std::string::npos)
      return;
    auto value = render_document(what, scope, jq);
    if (!value)
      problem = std::move(value.error());
    else
      what = std::move(*value);
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

  void operator()(tool_step& x) {
    tree(x.arguments);
  }

  void operator()(wait_step& x) {
    text(x.pause);
    text(x.until);
  }

  void operator()(call_step& x) {
    tree(x.inputs);
  }

  void operator()(fail_step& x) {
    text(x.message);
  }

  // Their expressions are evaluated where they are needed.
  void operator()(set_step&) {}
  void operator()(repeat_step&) {}
  void operator()(foreach_step&) {}
  void operator()(route_step&) {}
};

} // namespace

caf::expected<step_action> render_action(const step_action& what,
                                         const jq_scope& scope, jq_budget& jq) {
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

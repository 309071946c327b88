#include "actors/orchestrator/workflow/check_parts.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "actors/orchestrator/workflow/suggest.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <set>

namespace machine::orchestrator {

namespace {

/// Without the spaces around it.
std::string_view trim(std::string_view x) {
  constexpr std::string_view space = " \t\r\n";
  auto first = x.find_first_not_of(space);
  return first == x.npos
         ? std::string_view{}
         : x.substr(first, x.find_last_not_of(space) - first + 1);
}

bool never_holds(std::string_view condition) {
  return trim(condition) == "false" || trim(condition) == "null";
}

class step_checker {
public:
  explicit step_checker(const examination& in) : in_(in), expressions_(in) {}

  void run() {
    for (size_t i = 0; i < in_.graph.size(); ++i) {
      auto& x = in_.graph.at(i);
      at_ = i;
      if (x.when) {
        check_condition(*x.when, "when");
        if (never_holds(*x.when))
          complain("is never reached, for its when never holds; remove it, or "
                   "its when");
      }
      std::visit([&](auto& action) { check(action); }, x.action);
    }
    if (in_.what.output)
      expressions_.add(*in_.what.output, {.name = "output"});
    expressions_.check();
  }

private:
  void complain(const std::string& what) {
    in_.complain(in_.graph.at(at_), what);
  }

  expression_site site(const std::string& name) const {
    return {.from = at_, .name = name};
  }

  void check_condition(const std::string& text, const std::string& name) {
    auto where = site(name);
    where.use = expression_use::condition;
    expressions_.add(text, where);
  }

  void check_template(const std::string& text, const std::string& name) {
    expressions_.add_template(text, site(name));
  }

  void check_template(const std::optional<std::string>& text,
                      const std::string& name) {
    if (text)
      check_template(*text, name);
  }

  void check_schema_of(const std::optional<json_text>& schema,
                       const std::string& name) {
    if (!schema)
      return;
    if (auto ok = check_schema(*schema); !ok)
      complain(name + ": " + message_of(ok.error()));
  }

  void check_model(const std::optional<std::string>& model) {
    if (!model)
      return;
    auto& known = in_.task.known.models;
    if (model->find("${{") != std::string::npos)
      return check_template(*model, "model");
    if (!known.empty() && !known.contains(*model))
      complain("there is no model " + *model
               + suggest(in_.task.found, *model, known)
               + " `themachine model list` shows all");
  }

  void check(const agent_step& a) {
    check_template(a.prompt, "prompt");
    check_schema_of(a.output, "output");
    check_model(a.model);
    auto& known = in_.task.known;
    if (!known.roles.empty() && !known.roles.contains(a.role))
      complain("there is no role " + a.role
               + suggest(in_.task.found, a.role, known.roles));
    auto tools = known.tools.find(a.role);
    if (tools == known.tools.end())
      return;
    for (auto& tool : a.tools)
      if (!tools->second.contains(tool))
        complain("the role " + a.role + " has no tool " + tool
                 + suggest(in_.task.found, tool, tools->second));
  }

  void check(const model_step& a) {
    check_template(a.prompt, "prompt");
    check_template(a.system, "system");
    check_schema_of(a.output, "output");
    check_model(a.model);
  }

  void check(const tool_step& a) {
    auto& known = in_.task.known.step_tools;
    if (!known.empty() && !known.contains(a.name))
      complain("there is no tool " + a.name
               + suggest(in_.task.found, a.name, known));
    expressions_.add_document(a.arguments, site("arguments"));
  }

  void check(const command_step& a) {
    for (auto& word : a.argv)
      check_template(word, "command");
    for (auto& [name, value] : a.environment)
      check_template(value, "environment " + name);
  }

  void check(const approve_step& a) {
    static const std::vector<std::string> roles{"viewer", "developer",
                                                "operator", "admin"};
    check_template(a.question, "question");
    check_schema_of(a.answer, "answer");
    check_template(a.assignee, "assignee");
    if (a.role && std::find(roles.begin(), roles.end(), *a.role) == roles.end())
      complain("role: there is no role " + a.role->substr(0, 80)
               + "; there are viewer, developer, operator and admin"
               + suggest(in_.task.found, *a.role, roles));
    if (a.default_answer)
      if (auto ok = validate(a.answer.value_or(json_text{approval_schema}),
                             *a.default_answer);
          !ok)
        complain("default: " + message_of(ok.error())
                 + "; make it an answer that a person could give"
                 + (a.answer ? "" : ", such as {approved: false}"));
  }

  void check(const wait_step& a) {
    check_template(a.pause, "for");
    check_template(a.until, "until");
    check_schema_of(a.schema, "schema");
    if (a.fallback && a.schema)
      if (auto ok = validate(*a.schema, *a.fallback); !ok)
        complain("default: " + message_of(ok.error())
                 + "; make it something that the signal could bring");
  }

  void check(const call_step& a) {
    expressions_.add_document(a.inputs, site("inputs"));
    auto target = in_.task.calls.find(a.workflow);
    if (target == in_.task.calls.end())
      return;
    schema_part schema{target->second->inputs};
    auto parsed = wire::parse_json(a.inputs.text, {});
    if (!parsed)
      return;
    std::set<std::string, std::less<>> given;
    for (auto* x = parsed->first(parsed->root()); x != nullptr;
         x = parsed->next(*x)) {
      std::string name{x->key};
      given.insert(name);
      check_input(a.workflow, schema, name,
                  json_text{wire::write_json(*parsed, *x)});
    }
    for (auto& name : schema.required())
      if (!given.contains(name))
        complain("call: " + a.workflow + " needs the input " + name
                 + "; add it under inputs");
  }

  void check_input(const std::string& workflow, const schema_part& schema,
                   const std::string& name, const json_text& value) {
    auto names = schema.names();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      if (schema.is_closed())
        complain("call: " + workflow + " has no input " + name.substr(0, 80)
                 + suggest(in_.task.found, name, names));
      return;
    }
    if (value.text.find("${{") != std::string::npos)
      return;
    const std::vector<path_part> way{{path_part::kind::field, name}};
    if (auto ok = schema.follow(way).check(value); !ok)
      complain("call: the input " + name + " of " + workflow + ": "
               + message_of(ok.error()));
  }

  void check(const set_step& a) {
    for (auto& [name, expression] : a.values) {
      if (!in_.what.vars.contains(name))
        complain("sets the variable " + name
                 + ", which is not declared under vars"
                 + suggest(in_.task.found, name, keys_of(in_.what.vars)));
      expressions_.add(expression, site(name));
    }
  }

  void check(const fail_step& a) {
    check_template(a.message, "fail");
  }

  void check(const repeat_step& a) {
    auto where = site("until");
    where.body = at_;
    where.use = expression_use::condition;
    expressions_.add(a.until, where);
  }

  void check(const foreach_step& a) {
    expressions_.add(a.items, site("items"));
    check_items(a);
    if (!a.output)
      return;
    auto where = site("output");
    where.body = at_;
    expressions_.add(*a.output, where);
  }

  void check_items(const foreach_step& a) {
    std::string text{trim(a.items)};
    if (auto literal = wire::parse_json(text, {})) {
      if (literal->root().kind != wire::node_kind::list)
        return complain("items: " + text.substr(0, 64)
                        + " is no list; write [...] around it, or the "
                          "expression that yields one");
      size_t count = 0;
      for (auto* x = literal->first(literal->root()); x != nullptr;
           x = literal->next(*x))
        ++count;
      if (count > a.max)
        complain("items: there are " + std::to_string(count) + ", and max is "
                 + std::to_string(a.max) + "; raise it");
      return;
    }
    auto paths = paths_of(text);
    if (paths.size() != 1 || !paths[0].whole || paths[0].caught)
      return;
    auto known =
      expressions_.values().follow(paths[0].parts, in_.graph.foreach_of(at_));
    if (!known.may_be("array"))
      complain("items: " + text.substr(0, 64) + " is " + known.describe()
               + ", which is no list");
  }

  void check(const route_step& a) {
    std::set<std::string> names;
    for (size_t k = 0; k < a.cases.size(); ++k) {
      auto& x = a.cases[k];
      auto number = std::to_string(k + 1);
      auto title = "case " + number;
      if (!names.insert(x.name.value_or(number)).second)
        complain(title + ": two cases are called " + x.name.value_or(number)
                 + "; give one another name");
      if (!x.when)
        continue;
      check_condition(*x.when, title + ": when");
      if (never_holds(*x.when))
        complain(title
                 + " is never reached, for its when never holds; remove "
                   "it");
      if (trim(*x.when) == "true" && k + 1 < a.cases.size())
        complain(title
                 + " always holds, so that the cases after it are never "
                   "reached; make it the last");
    }
  }

  const examination& in_;
  expression_checker expressions_;
  size_t at_ = 0;
};

} // namespace

void check_steps(const examination& in) {
  step_checker{in}.run();
}

} // namespace machine::orchestrator

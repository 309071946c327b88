#include "actors/orchestrator/workflow/check.hpp"

#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "actors/orchestrator/workflow/purity.hpp"
#include "actors/orchestrator/workflow/template.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/nearest.hpp"

#include <algorithm>
#include <functional>

namespace machine::orchestrator {

namespace {

/// Bound on what the needs of all steps name together.
constexpr size_t max_needs = 10'000;

/// Bound on the rounds of a block with those of the blocks around it.
constexpr uint64_t max_rounds = 10'000;

class checker {
public:
  checker(const workflow& what, const source_map& where,
          const load_context& context, problems& found)
      : what_(what), where_(where), context_(context), found_(found) {
    for (auto& x : what_.steps)
      by_id_.emplace(x.id, &x);
    if (auto schema = wire::parse_json(what_.inputs.text, {}))
      collect_inputs(*schema);
  }

  void run() {
    size_t needs = 0;
    for (auto& x : what_.steps) {
      needs += x.needs.size();
      if (needs > max_needs)
        return complain(x, "the needs of all steps name more than "
                             + std::to_string(max_needs)
                             + " steps; remove those that follow from others");
    }
    for (auto& x : what_.steps)
      check_needs(x);
    check_cycles();
    if (!acyclic_)
      return;
    for (auto& x : what_.steps)
      check_step(x);
    if (what_.output)
      check_expression(*what_.output, where_.output, "output", nullptr);
  }

private:
  /// Suggestions are for those problems alone that are shown.
  template <class Container>
  std::string did_you_mean(const std::string& got,
                           const Container& known) const {
    if (found_.size() >= problems::most_shown)
      return "";
    auto near = wire::nearest(got, {known.begin(), known.end()});
    return near ? "; did you mean " + *near + "?" : "";
  }

  place at(const step& x) const {
    auto i = where_.steps.find(x.id);
    return i == where_.steps.end() ? place{} : i->second;
  }

  void complain(const step& x, const std::string& text) {
    found_.add(at(x), "step " + x.id + ": " + text);
  }

  void collect_inputs(const wire::document& schema) {
    for (auto* i = schema.first(schema.root()); i != nullptr;
         i = schema.next(*i))
      if (i->key == "properties")
        for (auto* k = schema.first(*i); k != nullptr; k = schema.next(*k))
          inputs_.emplace(k->key);
  }

  void check_needs(const step& x) {
    for (auto& need : x.needs) {
      auto i = by_id_.find(need);
      if (i == by_id_.end()) {
        std::set<std::string> siblings;
        if (found_.size() < problems::most_shown)
          for (auto& y : what_.steps)
            if (y.parent == x.parent && y.id != x.id)
              siblings.insert(y.id);
        complain(x, "needs " + need + ", but there is no such step"
                      + did_you_mean(need, siblings));
      } else if (i->second->parent != x.parent) {
        complain(x, "needs " + need
                      + ", which is in another block; a step can only need "
                        "steps beside it");
      }
    }
  }

  void check_cycles() {
    std::set<std::string> done;
    std::vector<std::string> path;
    std::function<void(const step&)> visit = [&](const step& x) {
      auto begin = std::find(path.begin(), path.end(), x.id);
      if (begin != path.end()) {
        std::string cycle;
        for (auto i = begin; i != path.end(); ++i)
          cycle += *i + " -> ";
        complain(x, "waits for itself: " + cycle + x.id
                      + "; remove one of these needs");
        acyclic_ = false;
        return;
      }
      if (done.contains(x.id))
        return;
      path.push_back(x.id);
      for (auto& need : x.needs)
        if (auto i = by_id_.find(need); i != by_id_.end())
          visit(*i->second);
      path.pop_back();
      done.insert(x.id);
    };
    for (auto& x : what_.steps)
      visit(x);
  }

  /// The steps that have ended when *x* begins.
  const std::set<std::string>& ended_before(const step& x) {
    auto [i, added] = before_.try_emplace(x.id);
    if (!added)
      return i->second;
    std::set<std::string> result;
    for (auto& need : x.needs)
      if (auto k = by_id_.find(need); k != by_id_.end()) {
        result.insert(need);
        auto& more = ended_before(*k->second);
        result.insert(more.begin(), more.end());
      }
    if (x.parent)
      if (auto k = by_id_.find(*x.parent); k != by_id_.end()) {
        auto& more = ended_before(*k->second);
        result.insert(more.begin(), more.end());
      }
    return before_[x.id] = std::move(result);
  }

  /// @param from The step whose expression it is; null for the output.
  void check_expression(const std::string& text, place where,
                        const std::string& name, const step* from,
                        const std::set<std::string>& also = {}) {
    auto title = from ? "step " + from->id + ": " + name : name;
    if (++expressions_ > max_workflow_expressions) {
      if (expressions_ == max_workflow_expressions + 1)
        found_.add(where, title + ": a workflow has at most "
                            + std::to_string(max_workflow_expressions)
                            + " expressions; make two workflows of it");
      return;
    }
    // Many steps have the same condition.
    if (!valid_.contains(text)) {
      if (auto ok = check_jq(text); !ok) {
        found_.add(where, title + ": " + message_of(ok.error()));
        return;
      }
      valid_.insert(text);
    }
    for (auto& path : literal_paths(text)) {
      static const std::set<std::string> roots{"inputs", "vars", "steps", "run",
                                               "iteration"};
      if (!roots.contains(path[0])) {
        found_.add(where, title + ": there is no ." + path[0]
                            + did_you_mean(path[0], roots)
                            + " Known are .inputs, .vars, .steps, .run and "
                              ".iteration");
        continue;
      }
      if (path.size() < 2)
        continue;
      if (path[0] == "steps")
        check_reference(path[1], where, title, from, also);
      else if (path[0] == "vars" && !what_.vars.contains(path[1]))
        found_.add(where, title + ": there is no variable " + path[1]
                            + "; declare it under vars"
                            + did_you_mean(path[1], keys_of(what_.vars)));
      else if (path[0] == "inputs" && !inputs_.contains(path[1]))
        found_.add(where, title + ": there is no input " + path[1]
                            + "; declare it under inputs"
                            + did_you_mean(path[1], inputs_));
    }
  }

  void check_reference(const std::string& id, place where,
                       const std::string& title, const step* from,
                       const std::set<std::string>& also) {
    auto i = by_id_.find(id);
    if (i == by_id_.end()) {
      found_.add(where, title + ": there is no step " + id
                          + did_you_mean(id, keys_of(by_id_)));
      return;
    }
    if (from == nullptr) {
      if (i->second->parent)
        found_.add(where, title + ": step " + id + " is inside the block "
                            + *i->second->parent + "; use .steps."
                            + *i->second->parent + ".output.steps." + id);
      return;
    }
    if (also.contains(id) || ended_before(*from).contains(id))
      return;
    if (i->second->parent && !is_around(*i->second->parent, *from)) {
      found_.add(where, title + ": step " + id + " is inside the block "
                          + *i->second->parent + "; use .steps."
                          + *i->second->parent + ".output.steps." + id
                          + ", and add " + *i->second->parent + " to needs");
      return;
    }
    found_.add(where, title + ": step " + id
                        + " need not have ended when this is evaluated; add "
                          "it to needs");
  }

  /// Whether *x* is inside of *block*, however deep.
  bool is_around(const std::string& block, const step& x) const {
    for (auto parent = x.parent; parent;) {
      if (*parent == block)
        return true;
      auto i = by_id_.find(*parent);
      parent = i == by_id_.end() ? std::nullopt : i->second->parent;
    }
    return false;
  }

  template <class Map>
  static std::set<std::string> keys_of(const Map& map) {
    std::set<std::string> result;
    for (auto& [key, value] : map)
      result.insert(key);
    return result;
  }

  void check_template(const std::string& text, const std::string& name,
                      const step& x) {
    auto expressions = expressions_of(text);
    if (!expressions) {
      complain(x, name + ": " + message_of(expressions.error()));
      return;
    }
    for (auto& expression : *expressions)
      check_expression(expression, at(x), name, &x);
  }

  void check_json_schema(const std::optional<json_text>& schema,
                         const std::string& name, const step& x) {
    if (!schema)
      return;
    if (auto ok = check_schema(*schema); !ok)
      complain(x, name + ": " + message_of(ok.error()));
  }

  void check_model(const std::optional<std::string>& model, const step& x) {
    if (!model)
      return;
    if (model->find("${{") != std::string::npos)
      return check_template(*model, "model", x);
    if (!context_.models.empty() && !context_.models.contains(*model))
      complain(x, "there is no model " + *model
                    + did_you_mean(*model, context_.models)
                    + " `themachine model list` shows all");
  }

  void check_step(const step& x) {
    if (x.when)
      check_expression(*x.when, at(x), "when", &x);
    std::visit([&](auto& action) { check_action(action, x); }, x.action);
  }

  void check_action(const agent_step& a, const step& x) {
    check_template(a.prompt, "prompt", x);
    check_json_schema(a.output, "output", x);
    check_model(a.model, x);
    if (!context_.roles.empty() && !context_.roles.contains(a.role))
      complain(x, "there is no role " + a.role
                    + did_you_mean(a.role, context_.roles));
    auto known = context_.tools.find(a.role);
    if (known == context_.tools.end())
      return;
    for (auto& tool : a.tools)
      if (!known->second.contains(tool))
        complain(x, "the role " + a.role + " has no tool " + tool
                      + did_you_mean(tool, known->second));
  }

  void check_action(const model_step& a, const step& x) {
    check_template(a.prompt, "prompt", x);
    if (a.system)
      check_template(*a.system, "system", x);
    check_json_schema(a.output, "output", x);
    check_model(a.model, x);
  }

  void check_action(const command_step& a, const step& x) {
    for (auto& word : a.argv)
      check_template(word, "command", x);
    for (auto& [name, value] : a.environment)
      check_template(value, "environment " + name, x);
  }

  void check_action(const approve_step& a, const step& x) {
    check_template(a.question, "question", x);
    check_json_schema(a.answer, "answer", x);
    if (a.assignee)
      check_template(*a.assignee, "assignee", x);
    if (a.default_answer)
      if (auto ok = validate(a.answer.value_or(json_text{approval_schema}),
                             *a.default_answer);
          !ok)
        complain(x, "default: " + message_of(ok.error())
                      + "; make it an answer that a person could give"
                      + (a.answer ? "" : ", such as {approved: false}"));
  }

  void check_action(const set_step& a, const step& x) {
    for (auto& [name, expression] : a.values) {
      if (!what_.vars.contains(name))
        complain(x, "sets the variable " + name
                      + ", which is not declared under vars"
                      + did_you_mean(name, keys_of(what_.vars)));
      check_expression(expression, at(x), name, &x);
    }
  }

  template <class Other>
  void check_action(const Other&, const step&) {}

  void check_action(const fail_step& a, const step& x) {
    check_template(a.message, "fail", x);
  }

  void check_action(const repeat_step& a, const step& x) {
    uint64_t rounds = a.max;
    for (auto parent = x.parent; parent && rounds <= max_rounds;) {
      auto i = by_id_.find(*parent);
      if (i == by_id_.end())
        break;
      if (auto* around = std::get_if<repeat_step>(&i->second->action))
        rounds *= around->max;
      parent = i->second->parent;
    }
    if (rounds > max_rounds)
      complain(x, "repeat: its max times those of the blocks around it is more "
                  "than "
                    + std::to_string(max_rounds)
                    + " rounds; lower one of them");
    check_expression(a.until, at(x), "until", &x,
                     {a.steps.begin(), a.steps.end()});
  }

  const workflow& what_;
  const source_map& where_;
  const load_context& context_;
  problems& found_;
  std::map<std::string, const step*> by_id_;
  std::map<std::string, std::set<std::string>> before_;
  std::set<std::string> inputs_;
  std::set<std::string> valid_;
  size_t expressions_ = 0;
  bool acyclic_ = true;
};

} // namespace

void check_graph(const workflow& what, const source_map& where,
                 const load_context& context, problems& found) {
  checker{what, where, context, found}.run();
}

} // namespace machine::orchestrator

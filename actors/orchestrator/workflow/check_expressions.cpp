#include "actors/orchestrator/workflow/check_parts.hpp"
#include "actors/orchestrator/workflow/jq_batch.hpp"
#include "actors/orchestrator/workflow/suggest.hpp"
#include "actors/orchestrator/workflow/template.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>
#include <functional>

namespace machine::orchestrator {

namespace {

const std::vector<std::string> roots{"inputs",    "vars", "steps", "run",
                                     "iteration", "item", "index"};

const std::vector<std::string> states{"done", "failed", "skipped", "stopped"};

bool contains(const std::vector<std::string>& all, const std::string& x) {
  return std::find(all.begin(), all.end(), x) != all.end();
}

} // namespace

expression_checker::expression_checker(const examination& in)
    : in_(in), values_(in.what, in.graph) {}

void expression_checker::complain(const expression_site& site,
                                  const std::string& what) const {
  if (site.from == step_graph::none)
    in_.task.found.add(in_.task.of.where.output, site.name + ": " + what);
  else
    in_.complain(in_.graph.at(site.from), site.name + ": " + what);
}

void expression_checker::add(const std::string& text,
                             const expression_site& site) {
  auto& ledger = in_.task.expressions;
  if (++ledger.count <= max_workflow_expressions)
    added_.emplace_back(text, site);
  else if (ledger.count == max_workflow_expressions + 1)
    complain(site, "a workflow has at most "
                     + std::to_string(max_workflow_expressions)
                     + " expressions, with those that it calls; make two "
                       "workflows of it");
}

void expression_checker::check() {
  // Many steps have the same condition.
  auto& valid = in_.task.expressions.valid;
  std::vector<std::string> fresh;
  for (auto& [text, site] : added_)
    if (valid.insert(text).second)
      fresh.push_back(text);
  std::map<std::string, std::string> wrong;
  check_all_jq(
    fresh, in_.task.expressions.time, [&](size_t i, const caf::error& why) {
      valid.erase(fresh[i]);
      if (code_of(why) == ec::unavailable) {
        in_.task.found.interrupt(why);
        return false;
      }
      if (code_of(why) == ec::timeout) {
        wrong.emplace(fresh[i],
                      "it does not compile in time: the expressions of a "
                      "workflow, with those that it calls, have "
                        + std::to_string(max_compile_time.count() / 1'000)
                        + " s of a processor together; make this one, or those "
                          "before it, simpler");
        return false;
      }
      wrong.emplace(fresh[i],
                    message_of(why)
                      + (fresh[i].starts_with("${{")
                           ? "; this is an expression by itself: write it "
                             "without ${{ }}"
                           : ""));
      return wrong.size() < problems::most_shown;
    });
  for (auto& [text, site] : added_) {
    if (auto why = wrong.find(text); why != wrong.end())
      complain(site, why->second);
    else
      for (auto& path : paths_of(text))
        check_path(path, site);
  }
}

void expression_checker::add_template(const std::string& text,
                                      const expression_site& site) {
  auto expressions = expressions_of(text);
  if (!expressions)
    return complain(site, message_of(expressions.error()));
  for (auto& expression : *expressions)
    add(expression, site);
}

void expression_checker::add_document(const json_text& document,
                                      const expression_site& site) {
  auto parsed = wire::parse_json(document.text, {});
  if (!parsed)
    return complain(site, message_of(parsed.error()));
  std::function<void(const wire::node&, const expression_site&)> visit =
    [&](auto& x, auto& here) {
      if (x.kind == wire::node_kind::text)
        add_template(std::string{x.text}, here);
      auto inside = here;
      size_t index = 0;
      for (auto* y = parsed->first(x); y != nullptr; y = parsed->next(*y)) {
        inside.name = here.name
                    + (x.kind == wire::node_kind::map
                         ? "." + std::string{y->key.substr(0, 80)}
                         : "[" + std::to_string(index++) + "]");
        visit(*y, inside);
      }
    };
  visit(parsed->root(), site);
}

void expression_checker::check_path(const jq_path& path,
                                    const expression_site& site) {
  if (path.parts[0].what != path_part::kind::field)
    return;
  auto& root = path.parts[0].name;
  // What is evaluated after the steps of a block sees what they see.
  auto each =
    site.from == step_graph::none ? site.from : in_.graph.foreach_of(site.from);
  if (site.body != step_graph::none
      && std::holds_alternative<foreach_step>(in_.graph.at(site.body).action))
    each = site.body;
  if (!contains(roots, root))
    return complain(site, "there is no ." + root
                            + suggest(in_.task.found, root, roots)
                            + " Known are .inputs, .vars, .steps, .run and "
                              ".iteration, and in a foreach .item and .index");
  if ((root == "item" || root == "index") && each == step_graph::none)
    return complain(site, "there is no ." + root
                            + " here; only the steps of a foreach, and its "
                              "output, have one");
  auto faults = in_.task.found.size();
  check_root(path, site);
  // What does not exist has no members to look at.
  if (in_.task.found.size() > faults || path.caught)
    return;
  if (auto fault = values_.find_fault(path.parts, each))
    complain(site, *fault);
}

void expression_checker::check_root(const jq_path& path,
                                    const expression_site& site) {
  auto& parts = path.parts;
  if (parts.size() < 2 || parts[1].what != path_part::kind::field)
    return;
  auto& name = parts[1].name;
  if (parts[0].name == "vars" && !in_.what.vars.contains(name))
    return complain(site,
                    "there is no variable " + name + "; declare it under vars"
                      + suggest(in_.task.found, name, keys_of(in_.what.vars)));
  if (parts[0].name == "inputs" && !contains(values_.inputs(), name))
    return complain(site, "there is no input " + name
                            + "; declare it under inputs"
                            + suggest(in_.task.found, name, values_.inputs()));
  if (parts[0].name != "steps")
    return;
  check_reference(name, site);
  if (parts.size() == 3 && parts[2].name == "state" && path.compared
      && !contains(states, *path.compared))
    complain(site, "no step is ever in the state "
                     + path.compared->substr(0, 80)
                     + "; there are done, failed, skipped and stopped"
                     + suggest(in_.task.found, *path.compared, states));
  if (site.use == expression_use::value)
    return;
  if (auto model = values_.untyped_answer(parts); model != step_graph::none)
    complain(site, "what the model answers in step " + in_.graph.at(model).id
                     + " is text that nothing bounds; give that step an "
                       "output schema, and look at a property of it");
}

bool expression_checker::sees(size_t target,
                              const expression_site& site) const {
  if (site.body != step_graph::none && in_.graph.parent(target) == site.body
      && in_.graph.is_body(target))
    return true;
  if (site.from == step_graph::none)
    return in_.graph.parent(target) == step_graph::none;
  return in_.graph.ended_before(site.from).test(target);
}

void expression_checker::check_reference(const std::string& id,
                                         const expression_site& site) {
  auto& graph = in_.graph;
  auto target = graph.find(id);
  if (target == step_graph::none) {
    std::vector<std::string> known;
    if (in_.task.found.size() < problems::most_shown)
      for (auto& x : in_.what.steps)
        known.push_back(x.id);
    return complain(site, "there is no step " + id
                            + suggest(in_.task.found, id, known));
  }
  if (sees(target, site))
    return;
  auto early = "step " + id + " need not have ended when this is evaluated";
  if (site.from == target)
    return complain(site, early + ", for it is its own");
  if (site.from != step_graph::none && graph.is_around(target, site.from))
    return complain(site, early + ", for this is a part of it");
  for (auto i = site.from; i != step_graph::none; i = graph.parent(i))
    if (graph.is_beside(i, target))
      return complain(
        site,
        early + "; add it to "
          + (i == site.from ? "needs" : "the needs of " + graph.at(i).id));
  complain(site, "step " + id + way_to(target, site));
}

std::string expression_checker::way_to(size_t target,
                                       const expression_site& site) const {
  auto& graph = in_.graph;
  auto around = graph.at(graph.parent(target)).id;
  std::string way;
  for (auto i = target; i != step_graph::none; i = graph.parent(i)) {
    auto top = graph.parent(i) == step_graph::none;
    for (auto k = site.from; k != step_graph::none && !top; k = graph.parent(k))
      top = graph.is_beside(k, i);
    if (top) {
      auto seen = sees(i, site);
      return " is inside the block " + around + "; use .steps." + graph.at(i).id
           + way + (seen ? "" : ", and add " + graph.at(i).id + " to needs");
    }
    if (!graph.is_body(i))
      return " is in the block " + *graph.at(i).block + " of "
           + graph.at(graph.parent(i)).id + ", of which nothing else hears";
    auto& parent = graph.at(graph.parent(i)).action;
    way = std::holds_alternative<foreach_step>(parent)
          ? ".output.results"
          : ".output.steps." + graph.at(i).id + way;
  }
  return " is inside the block " + around;
}

} // namespace machine::orchestrator

#include "actors/orchestrator/workflow/expressions.hpp"

#include "actors/orchestrator/workflow/template.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

class collector {
public:
  std::vector<std::string> run(const workflow& what) {
    add(what.output);
    for (auto& x : what.steps) {
      add(x.when);
      std::visit(*this, x.action);
    }
    return std::move(result_);
  }

  void operator()(const set_step& x) {
    for (auto& [name, expression] : x.values)
      result_.push_back(expression);
  }

  void operator()(const repeat_step& x) {
    result_.push_back(x.until);
  }

  void operator()(const foreach_step& x) {
    result_.push_back(x.items);
    add(x.output);
  }

  void operator()(const route_step& x) {
    for (auto& option : x.cases)
      add(option.when);
  }

  /// All others have templates in their texts.
  template <class Action>
  void operator()(const Action& x) {
    auto text = wire::to_json(x);
    if (text.find("${{") == text.npos)
      return;
    if (auto tree = wire::parse_json(text, {.max_bytes = text.size()}))
      walk(*tree, tree->root());
  }

private:
  void add(const std::optional<std::string>& expression) {
    if (expression)
      result_.push_back(*expression);
  }

  void walk(const wire::document& tree, const wire::node& at) {
    if (at.kind == wire::node_kind::text) {
      if (auto all = expressions_of(at.text))
        result_.insert(result_.end(), all->begin(), all->end());
      return;
    }
    for (auto* x = tree.first(at); x != nullptr; x = tree.next(*x))
      walk(tree, *x);
  }

  std::vector<std::string> result_;
};

} // namespace

std::vector<std::string> expressions_in(const workflow& what) {
  return collector{}.run(what);
}

} // namespace machine::orchestrator

#pragma once

#include "actors/orchestrator/workflow/check.hpp"
#include "actors/orchestrator/workflow/known_values.hpp"

/// The checks of `check_graph`, by subject. Included by its files alone.
namespace machine::orchestrator {

/// A workflow that is being checked.
struct examination {
  const check_task& task;
  const workflow& what;
  const step_graph& graph;

  place at(const step& x) const;
  void complain(const step& x, const std::string& text) const;
};

/// Needs that are none. Nothing else can be checked if one leads back to where
/// it began, or if there are too many: then false.
bool check_needs(const examination& in);

/// Steps that are never reached, because of those that they need.
void check_reach(const examination& in);

/// Rounds and items, and money of what is called at the same time.
void check_bounds(const examination& in);

/// Variables that are set at the same time.
void check_races(const examination& in);

/// The schemas of signals.
void check_signals(const examination& in);

/// Templates, expressions, and all else that steps say.
void check_steps(const examination& in);

/// What an expression is for.
enum class expression_use : uint8_t { value, condition };

/// Where an expression stands.
struct expression_site {
  /// The step whose it is; `step_graph::none` for the output of the workflow.
  size_t from = step_graph::none;
  /// What errors call it.
  std::string name;
  /// The block whose steps it sees too, as it is evaluated after them; `none`
  /// without.
  size_t body = step_graph::none;
  expression_use use = expression_use::value;
};

/// Takes the expressions of a workflow, and checks them all at the end.
class expression_checker {
public:
  explicit expression_checker(const examination& in);

  void add(const std::string& text, const expression_site& site);
  void add_template(const std::string& text, const expression_site& site);
  /// All texts in a template document.
  void add_document(const json_text& document, const expression_site& site);

  void check();

  known_values& values() {
    return values_;
  }

private:
  void complain(const expression_site& site, const std::string& what) const;
  void check_path(const jq_path& path, const expression_site& site);
  void check_root(const jq_path& path, const expression_site& site);
  void check_reference(const std::string& id, const expression_site& site);
  /// How *site* can look at the step *target*, which is in another block.
  std::string way_to(size_t target, const expression_site& site) const;
  bool sees(size_t target, const expression_site& site) const;

  const examination& in_;
  known_values values_;
  std::vector<std::pair<std::string, expression_site>> added_;
};

} // namespace machine::orchestrator

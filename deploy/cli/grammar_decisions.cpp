#include "deploy/cli/grammar.hpp"

namespace machine::cli {

namespace {

template <class T>
void add_decision_filters(CLI::App* app, T* x) {
  auto only = [app](const char* name, const char* about,
                    std::optional<std::string>& to) {
    app->add_option(name, to, about)->type_name("ID")->check(not_empty);
  };
  only("--model", "Only calls that this model answered", x->model);
  only("--principal", "Only calls of this principal", x->principal);
  only("--of-key", "Only what was asked for with this key", x->key);
}

} // namespace

void grammar::add_decisions(CLI::App& model) {
  {
    auto [app, x] = leaf<decision_list>(
      model, "decisions", "List which models were asked of late, and why");
    add_decision_filters(app, x);
    add_moments(app, x);
    add_limit(app, x);
  }
  {
    auto [app, x] = leaf<decision_explain>(
      model, "explain",
      "Say why a model was asked, which others there were, and what came of "
      "it");
    app
      ->add_option("decision", x->id,
                   "Which one: the header X-Machine-Call of an answer names it")
      ->required()
      ->type_name("DECISION");
  }
  {
    auto [app, x] = leaf<decision_replay>(
      model, "replay",
      "Say what past calls would have cost and achieved under another policy; "
      "no model is asked");
    app->footer("  themachine model replay --policy night.toml --since 7d");
    app
      ->add_option(
        "--policy", x->policy,
        "A file with one policy ([policy.NAME] and what follows), or "
        "the name of one in the file of models.policies")
      ->required()
      ->type_name("FILE");
    add_decision_filters(app, x);
    add_moments(app, x);
    app
      ->add_option("--limit", x->limit,
                   "The newest so many calls; default: 10,000")
      ->type_name("N")
      ->check(between(1, 100'000));
  }
}

} // namespace machine::cli

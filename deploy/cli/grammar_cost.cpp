#include "deploy/cli/grammar.hpp"

#include "runtime/config/config.hpp"

namespace machine::cli {

namespace {

using costs::budget_scope;
using costs::budget_window;

/// `project=shop`, or `tenant`.
void read_scope(const std::string& text, cost_budget_set& to) {
  auto at = text.find('=');
  to.scope = wire::from_name<budget_scope>(text.substr(0, at));
  to.subject = at == text.npos ? "" : text.substr(at + 1);
  auto needs_subject = to.scope != budget_scope::tenant;
  if (!to.scope || needs_subject == to.subject.empty())
    refuse("--for: \"" + text
           + "\" is nothing that can have a budget; write tenant, or one such "
             "as project=shop: there are project, principal, key, run, agent, "
             "model and tag");
}

/// `month`, or how long a rolling window is.
void read_window(const std::string& text, cost_budget_set& to) {
  to.window = wire::from_name<budget_window>(text);
  if (to.window && to.window != budget_window::rolling)
    return;
  to.window = budget_window::rolling;
  to.length = config::parse_duration(text);
  if (!to.length)
    refuse("--window: \"" + text
           + "\" is no window; write day, week, month or total, or how long "
             "one is that goes along with the time, such as 12h or 7d");
}

} // namespace

void grammar::add_cost_budget(CLI::App& cost) {
  auto& budget = *cost.add_subcommand("budget", "What may be spent");
  budget.set_help_flag("-h,--help", "Say how this is used");
  budget.require_subcommand(1);
  leaf<cost_budget_list>(budget, "list",
                         "List budgets, what is left and how long it will do");
  {
    auto [app, x] = leaf<cost_budget_show>(budget, "show", "Show a budget");
    need_id(app, x->id, "budget");
  }
  {
    auto [app, x] = leaf<cost_budget_set>(
      budget, "set", "Make a budget, or change what is named of one");
    app->footer("  themachine cost budget set team --limit 100 --for "
                "project=shop --window month");
    need_id(app, x->id, "budget");
    app->add_option("--limit", budget_, "Dollars that may be spent")
      ->type_name("USD");
    app
      ->add_option("--for", scope_,
                   "Whose calls count: tenant (the default), or one such as "
                   "project=shop, model=gpt-5 or tag=nightly")
      ->type_name("WHAT");
    app
      ->add_option("--window", window_,
                   "day, week, month, total (the default), or the length of "
                   "one that goes along with the time: 12h, 7d")
      ->type_name("TIME");
    app
      ->add_option("--kind", x->kind,
                   "hard (the default): calls beyond it are refused; or soft: "
                   "it only tells")
      ->transform(CLI::Transformer(std::map<std::string, costs::budget_kind>{
                                     {"hard", costs::budget_kind::hard},
                                     {"soft", costs::budget_kind::soft}})
                    .description(""))
      ->type_name("KIND");
    auto* alerts = app
                     ->add_option("--alert", x->alerts,
                                  "Tell when so much of it is spent, in "
                                  "percent; default: 80 and 100")
                     ->type_name("N")
                     ->check(between(1, 1000))
                     ->allow_extra_args(false);
    app->add_flag("--no-alerts", x->no_alerts, "Tell nothing")
      ->excludes(alerts);
    finishers_.push_back([this, app = app, x = x] {
      if (!app->parsed())
        return;
      if (app->count("--limit") > 0)
        x->limit = must(read_money("--limit", budget_));
      if (scope_)
        read_scope(*scope_, *x);
      if (window_)
        read_window(*window_, *x);
      if (!x->limit && !scope_ && !window_ && !x->kind && x->alerts.empty()
          && !x->no_alerts)
        refuse("cost budget set: say what is to change; see --help");
    });
  }
  {
    auto [app, x] =
      leaf<cost_budget_remove>(budget, "remove", "Remove a budget");
    need_id(app, x->id, "budget");
  }
}

void grammar::add_cost() {
  auto& cost = block("cost", "What models cost, and what they may");
  add_cost_budget(cost);
  {
    auto [app, x] = leaf<cost_report>(cost, "report", "Sum up what was spent");
    app->footer("  themachine cost report --by model,day --since 7d --csv");
    app
      ->add_option("--by", by_,
                   "Up to three of model, provider, agent, project, key, "
                   "principal, run, tag, day, hour and month; default: model")
      ->type_name("A,B");
    add_moments(app, x);
    auto only = [app = app](const char* name, const char* about,
                            std::optional<std::string>& to) {
      app->add_option(name, to, about)->type_name("ID")->check(not_empty);
    };
    only("--project", "Only of this project", x->project);
    only("--model", "Only of this model", x->model);
    only("--of-key", "Only what was asked for with this key", x->key);
    only("--run", "Only of this run", x->run);
    only("--tag", "Only what has this tag", x->tag);
    app->add_flag("--csv", x->csv, "For a spreadsheet");
    finishers_.push_back([this, app = app, x = x] {
      if (!app->parsed())
        return;
      if (by_)
        x->by = must(costs::read_dimensions(*by_));
      if (x->csv && result_.global.json)
        refuse("cost report: it is either --csv or --json");
    });
  }
  {
    auto [app, x] =
      leaf<cost_top>(cost, "top", "Show who has spent most of late");
    app->add_option("--minutes", x->minutes, "Of so many; default: 60")
      ->type_name("N")
      ->check(between(1, 1440));
    app->add_option("--limit", x->limit, "At most so many of each; default: 10")
      ->type_name("N")
      ->check(between(1, 100));
    app->add_flag("--watch", x->watch, "Again and again, until you stop it");
  }
  leaf<cost_forecast>(cost, "forecast",
                      "Say when budgets will be used up, if spending goes on "
                      "as of late");
}

} // namespace machine::cli

#include "deploy/cli/grammar.hpp"

namespace machine::cli {

CLI::Option* grammar::state_option(CLI::App* app,
                                   std::optional<std::string>& to,
                                   const char* about) {
  return app->add_option("--state", to, about)
    ->check(CLI::IsMember({"open", "in_progress", "done", "cancelled"}));
}

void grammar::add_task() {
  auto& task = block("task", "What somebody wants done");
  {
    auto [app, x] = leaf<task_add>(task, "add", "Write a task down");
    app->add_option("title", x->title, "What is wanted, in one line")
      ->required()
      ->type_name("TITLE");
    app->add_option("--description", x->description, "All about it")
      ->type_name("TEXT");
    app->add_option("--parent", x->parent, "The task that it is a part of")
      ->type_name("TASK");
    app->add_option("--label", x->labels, "A word to find it by")
      ->allow_extra_args(false);
    app->add_option("--depends-on", x->depends_on, "What comes first")
      ->type_name("TASK")
      ->allow_extra_args(false);
    app->add_option("--priority", x->priority, "0 to 9; 9 comes first")
      ->type_name("N")
      ->check(between(0, 9));
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<task_list>(task, "list", "List tasks");
    state_option(app, x->state, "Only these");
    app->add_option("--label", x->label, "Only with this label");
    add_limit(app, x);
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<task_show>(task, "show", "Show all about a task");
    need_id(app, x->id, "task");
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<task_edit>(task, "edit", "Change a task");
    need_id(app, x->id, "task");
    app->add_option("--title", x->title, "What is wanted, in one line")
      ->type_name("TEXT");
    app->add_option("--description", x->description, "All about it")
      ->type_name("TEXT");
    state_option(app, x->state, "What has become of it");
    app->add_option("--priority", x->priority, "0 to 9; 9 comes first")
      ->type_name("N")
      ->check(between(0, 9));
    auto many = [app = app](const char* name, const char* type,
                            const char* about, std::vector<std::string>& to) {
      app->add_option(name, to, about)
        ->type_name(type)
        ->allow_extra_args(false);
    };
    many("--add-label", "LABEL", "A word to find it by", x->add_labels);
    many("--remove-label", "LABEL", "One that it has", x->remove_labels);
    many("--add-dependency", "TASK", "What comes first", x->add_depends);
    many("--remove-dependency", "TASK", "What need not", x->remove_depends);
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<task_comment>(task, "comment", "Say something");
    need_id(app, x->id, "task");
    app->add_option("text", x->text, "What you say")
      ->required()
      ->type_name("TEXT");
    add_project_option(app, x);
  }
}

CLI::Option* grammar::max_runs_option(CLI::App* app,
                                      std::optional<uint32_t>& to) {
  return app
    ->add_option("--max-runs", to,
                 "Runs at work at one time; others wait in its queue")
    ->type_name("N")
    ->check(between(1, 1'000'000));
}

void grammar::add_project_set(CLI::App& project) {
  auto [app, x] =
    leaf<project_set>(project, "set", "Change the limits of a project");
  need_id(app, x->id, "project");
  auto* budget =
    app->add_option("--budget", budget_, "Dollars that it may cost")
      ->type_name("USD");
  app->add_flag("--no-budget", x->no_budget, "Let it cost what it may")
    ->excludes(budget);
  auto* runs = max_runs_option(app, x->max_runs);
  app
    ->add_flag("--no-max-runs", x->no_max_runs,
               "Let any number of runs be at work")
    ->excludes(runs);
  finishers_.push_back([this, app = app, x = x] {
    if (!app->parsed())
      return;
    if (app->count("--budget") > 0)
      x->budget = must(read_money("--budget", budget_));
    if (!x->budget && !x->no_budget && !x->max_runs && !x->no_max_runs)
      refuse("project set: say what is to change; see --help");
  });
}

void grammar::add_project() {
  auto& project = block("project", "Who owns tasks and budgets");
  {
    auto [app, x] = leaf<project_add>(project, "add", "Make a project");
    need_id(app, x->id, "project");
    app->add_option("--name", x->name, "For people; default: the id");
    app->add_option("--budget", budget_, "Dollars that it may cost")
      ->type_name("USD");
    max_runs_option(app, x->max_runs);
    finishers_.push_back([this, app = app, x = x] {
      if (!app->parsed())
        return;
      if (app->count("--budget") > 0)
        x->budget = must(read_money("--budget", budget_));
    });
  }
  add_project_set(project);
  {
    auto [app, x] = leaf<project_list>(project, "list", "List projects");
    add_limit(app, x);
  }
  {
    auto [app, x] = leaf<project_show>(project, "show", "Show a project");
    need_id(app, x->id, "project");
  }
  {
    auto [app, x] = leaf<project_ledger>(project, "ledger",
                                         "Show what was paid, and for what");
    need_id(app, x->id, "project");
    add_limit(app, x);
  }
}

} // namespace machine::cli

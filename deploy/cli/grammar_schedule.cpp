#include "deploy/cli/grammar.hpp"

#include "actors/orchestrator/workflow/times.hpp"

namespace machine::cli {

void grammar::add_times(CLI::App* app, schedule_times& x) {
  app
    ->add_option("--cron", x.cron,
                 "minute hour day month weekday, such as \"30 3 * * MON-FRI\", "
                 "or @daily")
    ->type_name("EXPR");
  app
    ->add_option("--zone", x.zone,
                 "Whose clocks count, such as Europe/Berlin; default: UTC")
    ->type_name("ZONE");
  app
    ->add_option("--overlap", x.overlap,
                 "While an earlier run is at work: skip (the default), "
                 "queue_one, allow or cancel_previous")
    ->check(CLI::IsMember({"skip", "queue_one", "allow", "cancel_previous"}));
  app
    ->add_option("--catch-up-window", window_,
                 "How late a firing is made up after the machine was down; "
                 "default: 1d")
    ->type_name("TIME");
  app
    ->add_option("--catch-up", x.catch_up,
                 "With --overlap allow: how many are made up, up to 100; "
                 "default: 10")
    ->type_name("N")
    ->check(between(1, 100));
  app->add_option("--starts-at", starts_at_, "Not before this instant")
    ->type_name("INSTANT");
  app->add_option("--ends-at", ends_at_, "Not after it")->type_name("INSTANT");
}

void grammar::read_times(schedule_times& x) {
  if (window_) {
    x.catch_up_window = orchestrator::parse_duration(*window_);
    if (!x.catch_up_window)
      refuse("--catch-up-window: \"" + *window_
             + "\" is no duration; write one such as 90s, 15m or 2d");
  }
  auto read = [](const char* name, const std::optional<std::string>& text,
                 std::optional<timestamp>& to) {
    if (!text)
      return;
    to = orchestrator::parse_instant(*text);
    if (!to)
      refuse(std::string{name} + ": \"" + *text
             + "\" is no instant; write one such as 2027-01-31T09:00:00Z");
  };
  read("--starts-at", starts_at_, x.starts_at);
  read("--ends-at", ends_at_, x.ends_at);
}

void grammar::add_schedule() {
  auto& schedule =
    block("schedule", "Runs that begin again and again, by the clock");
  {
    auto [app, x] = leaf<schedule_add>(schedule, "add",
                                       "Have something done again and again");
    app->footer("  themachine schedule add nightly \"Update the "
                "dependencies\" --cron \"0 3 * * *\" \\\n"
                "    --zone Europe/Berlin --repo ~/src/shop");
    app->add_option("name", x->name, "What it is called")
      ->required()
      ->type_name("NAME");
    app->add_option("what", x->run.what, "What you want")
      ->required()
      ->type_name("TEXT");
    add_times(app, x->times);
    app->get_option("--cron")->required();
    add_run_options(app, x->run);
    finishers_.push_back([this, app = app, x = x] {
      if (!app->parsed())
        return;
      read_times(x->times);
      read_run_options(*app, x->run);
    });
  }
  {
    auto [app, x] = leaf<schedule_list>(schedule, "list", "List schedules");
    add_limit(app, x);
    add_project_option(app, x);
  }
  schedule_leaf<schedule_show>(
    schedule, "show", "Show a schedule with its last and its next firings");
  add_schedule_edit(schedule);
  {
    auto [app, x] = schedule_leaf<schedule_pause>(
      schedule, "pause", "Let a schedule not fire until it is resumed");
    app->add_option("--reason", x->reason, "Why")->type_name("TEXT");
  }
  schedule_leaf<schedule_resume>(
    schedule, "resume",
    "Let a schedule fire again; what was due meanwhile is not made up");
  schedule_leaf<schedule_delete>(schedule, "delete",
                                 "Delete a schedule; its runs go on");
  schedule_leaf<schedule_trigger>(schedule, "trigger",
                                  "Begin now what a schedule begins");
}

void grammar::add_schedule_edit(CLI::App& schedule) {
  auto [app, x] = schedule_leaf<schedule_edit>(
    schedule, "edit", "Change a schedule; what is not named stays");
  add_times(app, x->times);
  app->add_flag("--no-start", x->no_start, "Take --starts-at away");
  app->add_flag("--no-end", x->no_end, "Take --ends-at away");
  app->add_option("--title", x->title, "What lists show of its runs")
    ->type_name("TEXT");
  app->add_option("--workflow", x->workflow, "A file, or a built-in one")
    ->type_name("FILE")
    ->check(not_empty);
  app->add_option("--budget", budget_, "Dollars that a run may cost")
    ->type_name("USD");
  app->add_option("--model", x->model, "A model of `themachine model list`")
    ->type_name("ID")
    ->check(not_empty);
  app->add_option("--priority", x->priority, "0 to 9; 9 comes first")
    ->type_name("N")
    ->check(between(0, 9));
  app
    ->add_option("--input", inputs_,
                 "An input that is another: JSON, text, or @FILE")
    ->type_name("K=V")
    ->allow_extra_args(false);
  finishers_.push_back([this, app = app, x = x] {
    if (!app->parsed())
      return;
    read_times(x->times);
    if (app->count("--budget") > 0)
      x->budget = must(read_money("--budget", budget_));
    read_inputs(x->inputs);
  });
}

} // namespace machine::cli

#include "deploy/cli/grammar.hpp"

#include "runtime/wire/json.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::cli {

namespace {

/// More than any log has. CLI11 would take what is larger than a number can be
/// for the largest that there is.
constexpr uint64_t last_event = uint64_t{1} << 53;

} // namespace

void grammar::add_run() {
  auto [app, x] = leaf<run_start>(
    root_, "run", "Have something done, or look at what is being done");
  app->footer(
    "  themachine run --repo ~/src/shop \"Add a page with the prices\"");
  app->require_subcommand(0, 1);
  app->add_option("what", x->what, "What you want")->type_name("TEXT");
  add_run_options(app, *x);
  app->add_flag("--detach", x->detach,
                "Do not follow it; needs a machine that is up");
  finishers_.push_back([this, app = app, x = x] {
    if (!app->parsed())
      return;
    if (!app->get_subcommands().empty()) {
      if (!x->what.empty())
        refuse("run: \"" + x->what + "\" does not belong here");
      return;
    }
    finish_run(*app, *x);
  });
  add_run_commands(*app);
}

void grammar::add_run_options(CLI::App* app, run_start& x) {
  app
    ->add_option("--repo", x.repository,
                 "A git repository; default: the one here")
    ->type_name("DIR")
    ->check(not_empty);
  app
    ->add_option("--workflow", x.workflow,
                 "A file, or a built-in one; default: feature")
    ->type_name("FILE")
    ->check(not_empty);
  app
    ->add_option("--budget", budget_,
                 "Dollars that it may cost; default: run.budget")
    ->type_name("USD");
  app->add_option("--model", x.model, "A model of `themachine model list`")
    ->type_name("ID")
    ->check(not_empty);
  app->add_option("--input", inputs_, "An input: JSON, text, or @FILE")
    ->type_name("K=V")
    ->allow_extra_args(false);
  app->add_option("--project", x.project, "Whose budget pays")
    ->check(is_id)
    ->type_name("ID")
    ->check(not_empty);
  app->add_option("--task", x.task, "The task that it is done for")
    ->check(is_id)
    ->type_name("ID")
    ->check(not_empty);
  app
    ->add_option("--priority", x.priority,
                 "In the project's queue, 0 to 9: 9 comes first; default: "
                 "that of the task, or 0")
    ->type_name("N")
    ->check(between(0, 9));
  app
    ->add_option("--tag", x.tags,
                 "Counts its calls under this, as budgets and reports do")
    ->type_name("TAG")
    ->check(not_empty)
    ->allow_extra_args(false);
  app->add_flag("--approve", approve_,
                "Set the input `approve`, at which `feature` asks for "
                "approval at the end");
}

void grammar::finish_run(CLI::App& app, run_start& x) {
  if (x.what.find_first_not_of(" \t\n") == std::string::npos)
    refuse("run: say what you want: themachine run \"...\"");
  if (x.what.find_first_of(" \t\n") == std::string::npos) {
    // A run costs money; a slip of the finger should not.
    std::vector<std::string> known;
    for (auto* i : app.get_subcommands({}))
      known.push_back(i->get_name());
    if (auto near = wire::nearest(x.what, known))
      refuse("run: did you mean `themachine run " + *near
             + "`? If this is what you want done, say it in more words");
  }
  read_run_options(app, x);
}

void grammar::read_run_options(CLI::App& app, run_start& x) {
  if (app.count("--budget") > 0)
    x.budget = must(read_money("--budget", budget_));
  read_inputs(x.inputs);
  if (approve_)
    x.inputs.insert_or_assign("approve", json_text{"true"});
}

void grammar::add_run_offspring(CLI::App& run) {
  auto money = [this](CLI::App* app, auto* x) {
    app
      ->add_option("--budget", budget_,
                   "Dollars that it may cost; default: as the other")
      ->type_name("USD");
    finishers_.push_back([this, app, x] {
      if (app->parsed() && app->count("--budget") > 0)
        x->budget = must(read_money("--budget", budget_));
    });
  };
  {
    auto [app, x] = leaf<run_fork>(
      run, "fork", "Start a run that goes on from an event of another");
    need_id(app, x->id, "run");
    app
      ->add_option("--at", x->at,
                   "The last event that both have; see `run events`")
      ->type_name("SEQ")
      ->check(between(uint64_t{1}, last_event))
      ->required();
    money(app, x);
  }
  {
    auto [app, x] = leaf<run_retry>(
      run, "retry",
      "Start a run that goes on before the step that failed another");
    need_id(app, x->id, "run");
    money(app, x);
  }
  {
    auto [app, x] = leaf<run_rerun>(
      run, "rerun", "Start a run as another was, with other inputs");
    need_id(app, x->id, "run");
    app
      ->add_option("--input", inputs_,
                   "An input that is another: JSON, text, or @FILE")
      ->type_name("K=V")
      ->allow_extra_args(false);
    money(app, x);
    finishers_.push_back([this, app = app, x = x] {
      if (app->parsed())
        read_inputs(x->inputs);
    });
  }
}

void grammar::read_inputs(std::map<std::string, json_text>& to) {
  for (auto& text : inputs_) {
    auto [name, value] = must(cut_pair("--input", text));
    if (!to.emplace(name, must(read_input_value("--input", value))).second)
      refuse("--input: " + name + " stands twice");
  }
}

void grammar::add_run_commands(CLI::App& run) {
  {
    auto [app, x] = leaf<run_list>(run, "list", "List runs, newest first");
    app
      ->add_option("--state", x->state,
                   "running, waiting, done, failed, cancelled, ...")
      ->type_name("STATE");
    app->add_option("--project", x->project, "Of this project")
      ->check(is_id)
      ->type_name("ID");
    auto* only = app->add_flag_callback(
      "--archived", [x = x] { x->archived = "true"; },
      "Those that are archived");
    app
      ->add_flag_callback(
        "--all", [x = x] { x->archived = "all"; },
        "With those that are archived")
      ->excludes(only);
    add_limit(app, x);
  }
  {
    auto [app, x] = leaf<run_show>(run, "show", "Show all about a run");
    need_id(app, x->id, "run");
  }
  {
    auto [app, x] = leaf<run_events>(run, "events", "Show a run's log");
    need_id(app, x->id, "run");
    app->add_option("--after", x->after, "Only events after this number")
      ->type_name("SEQ")
      ->check(between(uint64_t{0}, last_event));
    app->add_flag("-f,--follow", x->follow,
                  "Go on until the run has ended, as `run` does");
  }
  {
    auto [app, x] = leaf<run_cancel>(run, "cancel", "Cancel a run");
    need_id(app, x->id, "run");
    app->add_option("--reason", x->reason, "Why")->type_name("TEXT");
    app->add_flag("--no-undo", x->no_undo,
                  "Do not run the undo blocks of what was done");
  }
  add_run_offspring(run);
  {
    auto [app, x] = leaf<run_pause>(
      run, "pause", "Let a run begin nothing new until it is resumed");
    need_id(app, x->id, "run");
    app->add_option("--reason", x->reason, "Why")->type_name("TEXT");
  }
  {
    auto [app, x] =
      leaf<run_resume>(run, "resume", "Let a run that pauses go on");
    need_id(app, x->id, "run");
  }
  {
    auto [app, x] = leaf<run_signal>(
      run, "signal", "Send a run a signal that one of its steps waits for");
    need_id(app, x->id, "run");
    app->add_option("name", x->name, "The signal's name")
      ->type_name("NAME")
      ->required();
    app->add_option("--payload", payload_, "What it says, as JSON or text")
      ->type_name("JSON");
    app
      ->add_option("--key", x->key,
                   "Your own word for it: sending it again sends nothing")
      ->type_name("TEXT");
    finishers_.push_back([this, app = app, x = x] {
      if (app->parsed() && payload_)
        x->payload = {wire::is_json(*payload_) ? *payload_
                                               : wire::to_json(*payload_)};
    });
  }
  {
    auto [app, x] =
      leaf<run_answer>(run, "answer", "Answer a question that a run asks");
    need_id(app, x->id, "run");
    app
      ->add_option("interrupt", x->interrupt,
                   "Which question; default: the only one")
      ->type_name("QUESTION");
    auto* group = app->add_option_group("Answer");
    group->add_flag("--yes", yes_, "Approve");
    group->add_flag("--no", no_, "Do not approve");
    group->add_option("--value", value_, "The answer as JSON")
      ->type_name("JSON");
    group->require_option(1);
    app->add_option("--comment", comment_, "With --yes or --no")
      ->type_name("TEXT");
    finishers_.push_back([this, app = app, x = x] {
      if (app->parsed())
        finish_answer(*x);
    });
  }
  {
    auto [app, x] = leaf<run_diff>(run, "diff", "Print what a run changed");
    need_id(app, x->id, "run");
  }
  add_run_retention(run);
}

void grammar::add_run_retention(CLI::App& run) {
  {
    auto [app, x] = leaf<run_archive>(
      run, "archive", "Put a run that has ended away; lists leave it out");
    need_id(app, x->id, "run");
  }
  {
    auto [app, x] =
      leaf<run_unarchive>(run, "unarchive", "Take a run out of the archive");
    need_id(app, x->id, "run");
  }
  {
    auto [app, x] = leaf<run_delete>(
      run, "delete",
      "Erase a run that has ended; its branch and its charges stay");
    need_id(app, x->id, "run");
  }
}

void grammar::finish_answer(run_answer& x) {
  if (value_) {
    if (comment_)
      refuse("--comment goes with --yes and --no only");
    if (!wire::is_json(*value_))
      refuse("--value: this is no JSON: " + value_->substr(0, 80));
    x.answer = {*value_};
  } else {
    x.answer = approval_answer(yes_, comment_.value_or(""));
  }
}

} // namespace machine::cli

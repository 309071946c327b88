#include "deploy/cli/options.hpp"

#include "actors/orchestrator/workflow/times.hpp"
#include "deploy/cli/exit_code.hpp"
#include "deploy/cli/option_values.hpp"
#include "runtime/wire/json.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

#include <CLI/CLI.hpp>

#include <functional>

#ifndef MACHINE_VERSION
#  define MACHINE_VERSION "0"
#endif

namespace machine::cli {

namespace {

/// Raised for what CLI11 cannot check by itself; CLI11 reports by exceptions
/// too, and none of them leaves this file.
[[noreturn]] void refuse(const std::string& text) {
  throw CLI::ValidationError(text);
}

template <class T>
T must(caf::expected<T> x) {
  if (!x)
    refuse(machine::message_of(x.error()));
  return std::move(*x);
}

/// Builds CLI11's tree and remembers which leaf was named.
class grammar {
public:
  grammar() {
    root_.set_help_flag("-h,--help", "Say how this is used");
    root_.set_version_flag("--version",
                           std::string{"themachine "} + MACHINE_VERSION);
    root_.require_subcommand(1);
    root_.get_formatter()->column_width(34);
    root_.footer("Every command has its own --help. Configuration comes from "
                 "flags, THEMACHINE_* variables,\na TOML file and defaults, in "
                 "this order: see `themachine config show --origin`.");
    add_globals(root_);
    add_machine();
    add_run();
    add_task();
    add_project();
    add_schedule();
    add_rest();
  }

  std::variant<parsed_options, message_to_user>
  parse(const std::vector<std::string>& words) {
    std::vector<std::string> reversed;
    for (auto i = words.size(); i > 1; --i)
      reversed.push_back(words[i - 1]);
    try {
      root_.parse(reversed);
      for (auto& text : settings_) {
        auto [key, value] = must(cut_pair("--set", text));
        result_.global.settings.insert_or_assign(key, value);
      }
      for (auto& finish : finishers_)
        finish();
      if (take_)
        take_();
      return std::move(result_);
    } catch (const CLI::CallForHelp&) {
      return message_to_user{help(), 0};
    } catch (const CLI::CallForAllHelp&) {
      return message_to_user{root_.help("", CLI::AppFormatMode::All), 0};
    } catch (const CLI::CallForVersion& x) {
      return message_to_user{std::string{x.what()} + "\n", 0};
    } catch (const CLI::ExtrasError&) {
      return usage(about_extras());
    } catch (const CLI::RequiredError& x) {
      // A command that does not exist looks like one that is missing.
      return usage(root_.remaining(true).empty() ? x.what() : about_extras());
    } catch (const CLI::ParseError& x) {
      return usage(x.what());
    }
  }

private:
  static message_to_user usage(const std::string& text) {
    return {"themachine: " + text + "\nSee `themachine --help`.\n",
            static_cast<int>(exit_code::usage)};
  }

  /// The innermost command that was named.
  const CLI::App* named() const {
    const CLI::App* at = &root_;
    for (auto more = at->get_subcommands(); !more.empty();
         more = at->get_subcommands())
      at = more.front();
    return at;
  }

  std::string help() const {
    auto* at = named();
    // CLI11 adds the command's own name.
    std::string path;
    for (auto* i = at->get_parent(); i != nullptr; i = i->get_parent())
      path = i->get_name() + (path.empty() ? "" : " " + path);
    return at->help(path);
  }

  std::string about_extras() const {
    auto* at = named();
    auto extras = root_.remaining(true);
    auto word = extras.empty() ? std::string{} : extras.front();
    std::vector<std::string> known;
    if (word.starts_with('-')) {
      for (auto* x : at->get_options())
        for (auto& name : x->get_lnames())
          known.push_back("--" + name);
    } else {
      for (auto* x : at->get_subcommands({}))
        known.push_back(x->get_name());
    }
    auto name = word.substr(0, word.find('='));
    auto near = wire::nearest(name, known);
    auto hint = near ? "; did you mean " + *near + "?" : std::string{};
    if (word.starts_with('-'))
      return "there is no option " + word + hint;
    if (at->get_name() == "run")
      return "run: say what you want in quotes: themachine run \"add a page\"";
    if (known.empty())
      return at->get_name() + ": what is meant by " + word + "?";
    return "there is no command " + word + hint;
  }

  void add_globals(CLI::App& to) {
    auto* group = &to;
    group
      ->add_option("--data-dir", result_.global.data_dir,
                   "Where the machine keeps everything")
      ->type_name("DIR")
      ->check(not_empty)
      ->group("Everywhere");
    group
      ->add_option("--config", result_.global.config_file,
                   "The configuration's file")
      ->type_name("FILE")
      ->check(not_empty)
      ->group("Everywhere");
    group->add_option("--set", settings_, "Configuration: key=value")
      ->type_name("K=V")
      ->allow_extra_args(false)
      ->group("Everywhere");
    group->add_flag("--json", result_.global.json, "Data as JSON")
      ->group("Everywhere");
  }

  /// A command *name* below *parent* that fills a *T*.
  template <class T>
  std::pair<CLI::App*, T*> leaf(CLI::App& parent, const std::string& name,
                                const std::string& about) {
    auto* app = parent.add_subcommand(name, about);
    auto value = std::make_shared<T>();
    auto* raw = value.get();
    app->set_help_flag("-h,--help", "Say how this is used");
    add_globals(*app);
    app->callback([this, app, value] {
      // A block of commands is no command once one of them was named.
      if (app->get_subcommands().empty())
        take_ = [this, value] { result_.what = *value; };
    });
    return {app, raw};
  }

  CLI::App& block(const std::string& name, const std::string& about) {
    auto* app = root_.add_subcommand(name, about);
    app->set_help_flag("-h,--help", "Say how this is used");
    app->require_subcommand(1);
    add_globals(*app);
    return *app;
  }

  static void need_id(CLI::App* app, std::string& id, const char* name) {
    app->add_option("id", id, "")->required()->type_name(name);
  }

  void add_machine() {
    leaf<up_command>(root_, "up", "Start a machine here; Ctrl-C stops it");
    leaf<down_command>(root_, "down", "Stop the machine that is up");
  }

  void add_run() {
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

  /// What a run is to be, but for what is wanted.
  void add_run_options(CLI::App* app, run_start& x) {
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
      ->type_name("ID")
      ->check(not_empty);
    app->add_option("--task", x.task, "The task that it is done for")
      ->type_name("ID")
      ->check(not_empty);
    app
      ->add_option("--priority", x.priority,
                   "In the project's queue, 0 to 9: 9 comes first; default: "
                   "that of the task, or 0")
      ->check(CLI::Range(0, 9));
    app->add_flag("--approve", approve_,
                  "Set the input `approve`, at which `feature` asks for "
                  "approval at the end");
  }

  void finish_run(CLI::App& app, run_start& x) {
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

  void read_run_options(CLI::App& app, run_start& x) {
    if (app.count("--budget") > 0)
      x.budget = must(read_money("--budget", budget_));
    read_inputs(x.inputs);
    if (approve_)
      x.inputs.insert_or_assign("approve", json_text{"true"});
  }

  /// Runs that are made of others.
  void add_run_offspring(CLI::App& run) {
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
      need_id(app, x->id, "RUN");
      app
        ->add_option("--at", x->at,
                     "The last event that both have; see `run events`")
        ->type_name("SEQ")
        ->required();
      money(app, x);
    }
    {
      auto [app, x] = leaf<run_retry>(
        run, "retry",
        "Start a run that goes on before the step that failed another");
      need_id(app, x->id, "RUN");
      money(app, x);
    }
    {
      auto [app, x] = leaf<run_rerun>(
        run, "rerun", "Start a run as another was, with other inputs");
      need_id(app, x->id, "RUN");
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

  void read_inputs(std::map<std::string, json_text>& to) {
    for (auto& text : inputs_) {
      auto [name, value] = must(cut_pair("--input", text));
      if (!to.emplace(name, must(read_input_value("--input", value))).second)
        refuse("--input: " + name + " stands twice");
    }
  }

  void add_run_commands(CLI::App& run) {
    {
      auto [app, x] = leaf<run_list>(run, "list", "List runs, newest first");
      app
        ->add_option("--state", x->state,
                     "running, waiting, done, failed, cancelled, ...")
        ->type_name("STATE");
      app->add_option("--project", x->project, "Of this project")
        ->type_name("ID");
      add_limit(app, x);
    }
    {
      auto [app, x] = leaf<run_show>(run, "show", "Show all about a run");
      need_id(app, x->id, "RUN");
    }
    {
      auto [app, x] = leaf<run_events>(run, "events", "Show a run's log");
      need_id(app, x->id, "RUN");
      app->add_option("--after", x->after, "Only events after this number")
        ->type_name("SEQ");
      app->add_flag("-f,--follow", x->follow,
                    "Go on until the run has ended, as `run` does");
    }
    {
      auto [app, x] = leaf<run_cancel>(run, "cancel", "Cancel a run");
      need_id(app, x->id, "RUN");
      app->add_option("--reason", x->reason, "Why")->type_name("TEXT");
      app->add_flag("--no-undo", x->no_undo,
                    "Do not run the undo blocks of what was done");
    }
    add_run_offspring(run);
    {
      auto [app, x] = leaf<run_pause>(
        run, "pause", "Let a run begin nothing new until it is resumed");
      need_id(app, x->id, "RUN");
      app->add_option("--reason", x->reason, "Why")->type_name("TEXT");
    }
    {
      auto [app, x] =
        leaf<run_resume>(run, "resume", "Let a run that pauses go on");
      need_id(app, x->id, "RUN");
    }
    {
      auto [app, x] = leaf<run_signal>(
        run, "signal", "Send a run a signal that one of its steps waits for");
      need_id(app, x->id, "RUN");
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
      need_id(app, x->id, "RUN");
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
      need_id(app, x->id, "RUN");
    }
  }

  static void need_workflow(CLI::App* app, std::string& to) {
    app->add_option("file", to, "Its file, or `feature` for the built-in one")
      ->required()
      ->type_name("FILE");
  }

  void finish_answer(run_answer& x) {
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

  template <class T>
  static void add_limit(CLI::App* app, T* x) {
    app->add_option("--limit", x->limit, "At most so many")
      ->check(CLI::Range(1, 1000));
  }

  template <class T>
  static void add_project_option(CLI::App* app, T* x) {
    app->add_option("--project", x->project, "The project; default: default")
      ->type_name("ID");
  }

  static CLI::Option* state_option(CLI::App* app,
                                   std::optional<std::string>& to,
                                   const char* about) {
    return app->add_option("--state", to, about)
      ->check(CLI::IsMember({"open", "in_progress", "done", "cancelled"}));
  }

  void add_task() {
    auto& task = block("task", "What somebody wants done");
    {
      auto [app, x] = leaf<task_add>(task, "add", "Write a task down");
      app->add_option("title", x->title, "")->required()->type_name("TITLE");
      app->add_option("--description", x->description, "")->type_name("TEXT");
      app->add_option("--parent", x->parent, "The task that it is a part of")
        ->type_name("TASK");
      app->add_option("--label", x->labels, "")->allow_extra_args(false);
      app->add_option("--depends-on", x->depends_on, "What comes first")
        ->type_name("TASK")
        ->allow_extra_args(false);
      app->add_option("--priority", x->priority, "0 to 9; 9 comes first")
        ->check(CLI::Range(0, 9));
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
      need_id(app, x->id, "TASK");
      add_project_option(app, x);
    }
    {
      auto [app, x] = leaf<task_edit>(task, "edit", "Change a task");
      need_id(app, x->id, "TASK");
      app->add_option("--title", x->title, "")->type_name("TEXT");
      app->add_option("--description", x->description, "")->type_name("TEXT");
      state_option(app, x->state, "");
      app->add_option("--priority", x->priority, "0 to 9")
        ->check(CLI::Range(0, 9));
      auto many = [app = app](const char* name, std::vector<std::string>& to) {
        app->add_option(name, to, "")->allow_extra_args(false);
      };
      many("--add-label", x->add_labels);
      many("--remove-label", x->remove_labels);
      many("--add-dependency", x->add_depends);
      many("--remove-dependency", x->remove_depends);
      add_project_option(app, x);
    }
    {
      auto [app, x] = leaf<task_comment>(task, "comment", "Say something");
      need_id(app, x->id, "TASK");
      app->add_option("text", x->text, "")->required()->type_name("TEXT");
      add_project_option(app, x);
    }
  }

  static CLI::Option* max_runs_option(CLI::App* app,
                                      std::optional<uint32_t>& to) {
    return app
      ->add_option("--max-runs", to,
                   "Runs at work at one time; others wait in its queue")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  }

  void add_project_set(CLI::App& project) {
    auto [app, x] =
      leaf<project_set>(project, "set", "Change the limits of a project");
    need_id(app, x->id, "ID");
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

  void add_project() {
    auto& project = block("project", "Who owns tasks and budgets");
    {
      auto [app, x] = leaf<project_add>(project, "add", "Make a project");
      need_id(app, x->id, "ID");
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
      need_id(app, x->id, "ID");
    }
    {
      auto [app, x] = leaf<project_ledger>(project, "ledger",
                                           "Show what was paid, and for what");
      need_id(app, x->id, "ID");
      add_limit(app, x);
    }
  }

  /// When a schedule fires.
  void add_times(CLI::App* app, schedule_times& x) {
    app
      ->add_option(
        "--cron", x.cron,
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
                   "With --overlap allow: how many are made up; default: 10")
      ->check(CLI::Range(1, 100));
    app->add_option("--starts-at", starts_at_, "Not before this instant")
      ->type_name("INSTANT");
    app->add_option("--ends-at", ends_at_, "Not after it")
      ->type_name("INSTANT");
  }

  void read_times(schedule_times& x) {
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

  /// A command *name* that does something to a schedule.
  template <class T>
  std::pair<CLI::App*, T*> schedule_leaf(CLI::App& parent,
                                         const std::string& name,
                                         const std::string& about) {
    auto [app, x] = leaf<T>(parent, name, about);
    app->add_option("name", x->name, "")->required()->type_name("NAME");
    add_project_option(app, x);
    return {app, x};
  }

  void add_schedule() {
    auto& schedule =
      block("schedule", "Runs that begin again and again, by the clock");
    {
      auto [app, x] = leaf<schedule_add>(schedule, "add",
                                         "Have something done again and again");
      app->footer("  themachine schedule add nightly \"Update the "
                  "dependencies\" --cron \"0 3 * * *\" \\\n"
                  "    --zone Europe/Berlin --repo ~/src/shop");
      app->add_option("name", x->name, "")->required()->type_name("NAME");
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

  void add_schedule_edit(CLI::App& schedule) {
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
    app->add_option("--priority", x->priority, "0 to 9: 9 comes first")
      ->check(CLI::Range(0, 9));
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

  void add_rest() {
    auto& model = block("model", "Models that can be asked");
    leaf<model_list>(model, "list",
                     "List them, with prices and whether they can be used");
    auto& workflow = block("workflow", "Graphs of steps");
    {
      auto [app, x] = leaf<workflow_check>(
        workflow, "check", "Say what is wrong with a workflow's file");
      need_workflow(app, x->file);
    }
    {
      auto [app, x] =
        leaf<workflow_show>(workflow, "show", "Say what a workflow does");
      need_workflow(app, x->file);
    }
    {
      auto [app, x] = leaf<workflow_graph>(
        workflow, "graph", "Draw a workflow, for Mermaid or Graphviz");
      need_workflow(app, x->file);
      app->add_option("--format", x->format, "mermaid (the default) or dot")
        ->transform(CLI::Transformer(std::map<std::string, graph_format>{
          {"mermaid", graph_format::mermaid}, {"dot", graph_format::dot}}))
        ->type_name("FORMAT");
    }
    {
      auto [app, x] = leaf<workflow_check_upgrade>(
        workflow, "check-upgrade",
        "Say whether this program goes on with what is stored as the one "
        "before would; changes nothing");
      app->add_option("run", x->runs, "Default: all that have not ended")
        ->type_name("RUN");
      app->add_flag("--ended", x->ended, "Also runs that have ended");
      app
        ->add_option("--store", x->store,
                     "A copy that `store backup` made; default: what the "
                     "machine has")
        ->type_name("DIR");
    }
    auto& config = block("config", "Configuration");
    {
      auto [app, x] =
        leaf<config_show>(config, "show", "Show what is in force");
      app->add_flag("--origin", x->origin, "And where each value comes from");
    }
    {
      auto [app, x] = leaf<config_check>(config, "check", "Check a file");
      app->add_option("file", x->file, "Default: the one that would be used")
        ->type_name("FILE");
    }
    leaf<config_example>(config, "example",
                         "Print a file with every key and its default");
    auto& sandbox = block("sandbox", "Where commands of agents run");
    leaf<sandbox_check>(sandbox, "check",
                        "Say whether it works here, and if not, why");
    auto& store = block("store", "What the machine remembers");
    leaf<store_verify>(store, "verify", "Check everything that is stored");
    {
      auto [app, x] =
        leaf<store_backup>(store, "backup", "Copy the store elsewhere");
      app->add_option("to", x->to, "A directory that does not exist yet")
        ->required()
        ->type_name("DIR");
    }
  }

  CLI::App root_{"TheMachine: agents write, test and repair code; you set the "
                 "task and the budget.",
                 "themachine"};
  parsed_options result_{{}, up_command{}};
  /// They complete what their commands have been filled with.
  std::vector<std::function<void()>> finishers_;
  /// Takes the command that was named, once it is complete.
  std::function<void()> take_;
  std::vector<std::string> settings_;
  std::vector<std::string> inputs_;
  std::string budget_;
  std::optional<std::string> window_;
  std::optional<std::string> starts_at_;
  std::optional<std::string> ends_at_;
  bool approve_ = false;
  bool yes_ = false;
  bool no_ = false;
  std::optional<std::string> value_;
  std::optional<std::string> payload_;
  std::optional<std::string> comment_;
};

} // namespace

std::variant<parsed_options, message_to_user>
parse_options(const std::vector<std::string>& words) {
  return grammar{}.parse(words);
}

} // namespace machine::cli

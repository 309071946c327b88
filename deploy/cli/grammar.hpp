#pragma once

#include "deploy/cli/option_values.hpp"
#include "deploy/cli/options.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>

/// How a command line is understood. Included by the files that say which
/// commands there are, a group of them each.
namespace machine::cli {

/// Raised for what CLI11 cannot check by itself; CLI11 reports by exceptions
/// too, and none of them leaves `grammar::parse`.
[[noreturn]] inline void refuse(const std::string& text) {
  throw CLI::ValidationError(text);
}

template <class T>
T must(caf::expected<T> x) {
  if (!x)
    refuse(machine::message_of(x.error()));
  return std::move(*x);
}

/// A number from *least* to *most*. That stands in the words of its option, so
/// CLI11 need not write it into the help again.
template <class T>
CLI::Validator between(T least, T most) {
  return CLI::Range(least, most).description("");
}

/// Builds CLI11's tree and remembers which leaf was named.
class grammar {
public:
  grammar();

  std::variant<parsed_options, message_to_user>
  parse(const std::vector<std::string>& words);

private:
  message_to_user usage(const std::string& text) const;

  /// The innermost command that was named.
  const CLI::App* named() const;

  /// The names of *app* and of the commands around it, from the program's on.
  static std::string path_of(const CLI::App* app);

  std::string help() const;

  std::string about_extras() const;

  void add_globals(CLI::App& to);

  /// A command *name* below *parent* that fills a *T*.
  template <class T>
  std::pair<CLI::App*, T*> leaf(CLI::App& parent, const std::string& name,
                                const std::string& about) {
    auto* app = parent.add_subcommand(name, about);
    auto value = std::make_shared<T>();
    auto* raw = value.get();
    app->set_help_flag("-h,--help", "Say how this is used");
    app->footer("");
    add_globals(*app);
    app->callback([this, app, value] {
      // A block of commands is no command once one of them was named.
      if (app->get_subcommands().empty())
        take_ = [this, value] { result_.what = *value; };
    });
    return {app, raw};
  }

  CLI::App& block(const std::string& name, const std::string& about);

  static void need_id(CLI::App* app, std::string& id,
                      const std::string& of_what);

  void add_machine();

  void add_run();

  /// What a run is to be, but for what is wanted.
  void add_run_options(CLI::App* app, run_start& x);

  void finish_run(CLI::App& app, run_start& x);

  void read_run_options(CLI::App& app, run_start& x);

  /// Runs that are made of others.
  void add_run_offspring(CLI::App& run);

  void read_inputs(std::map<std::string, json_text>& to);

  void add_run_commands(CLI::App& run);

  /// What becomes of runs that have ended.
  void add_run_retention(CLI::App& run);

  static void need_workflow(CLI::App* app, std::string& to);

  void finish_answer(run_answer& x);

  template <class T>
  static void add_limit(CLI::App* app, T* x) {
    app->add_option("--limit", x->limit, "At most so many, up to 1,000")
      ->type_name("N")
      ->check(between(1, 1000));
  }

  template <class T>
  static void add_project_option(CLI::App* app, T* x) {
    app->add_option("--project", x->project, "The project; default: default")
      ->type_name("ID")
      ->check(is_id);
  }

  static CLI::Option* state_option(CLI::App* app,
                                   std::optional<std::string>& to,
                                   const char* about);

  void add_task();

  static CLI::Option* max_runs_option(CLI::App* app,
                                      std::optional<uint32_t>& to);

  void add_project_set(CLI::App& project);

  void add_project();

  /// When a schedule fires.
  void add_times(CLI::App* app, schedule_times& x);

  void read_times(schedule_times& x);

  /// A command *name* that does something to a schedule.
  template <class T>
  std::pair<CLI::App*, T*> schedule_leaf(CLI::App& parent,
                                         const std::string& name,
                                         const std::string& about) {
    auto [app, x] = leaf<T>(parent, name, about);
    app->add_option("name", x->name, "Which schedule")
      ->required()
      ->type_name("NAME")
      ->check(is_id);
    add_project_option(app, x);
    return {app, x};
  }

  void add_schedule();

  void add_schedule_edit(CLI::App& schedule);

  void add_tenant();

  void add_principal_create(CLI::App& principal);

  void add_principal();

  void add_key();

  /// From when to when.
  template <class T>
  void add_moments(CLI::App* app, T* x) {
    app
      ->add_option("--since", since_,
                   "Not before this instant, or so long ago: 12h, 7d")
      ->type_name("WHEN");
    app->add_option("--until", until_, "Only before it")->type_name("WHEN");
    finishers_.push_back([this, app, x] {
      if (!app->parsed())
        return;
      if (since_)
        x->since = must(read_moment("--since", *since_));
      if (until_)
        x->until = must(read_moment("--until", *until_));
    });
  }

  void add_secret();

  void add_audit();

  void add_cost_budget(CLI::App& cost);

  void add_cost();

  void add_api();

  void add_rest();

  void add_decisions(CLI::App& model);

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
  std::optional<std::string> scope_;
  std::optional<std::string> by_;
  std::optional<std::string> grace_;
  std::vector<std::string> project_roles_;
  std::optional<std::string> life_;
  std::optional<std::string> since_;
  std::optional<std::string> until_;
  std::optional<std::string> starts_at_;
  std::optional<std::string> ends_at_;
  bool approve_ = false;
  bool yes_ = false;
  bool no_ = false;
  std::optional<std::string> value_;
  std::optional<std::string> payload_;
  std::optional<std::string> comment_;
};

} // namespace machine::cli

#include "deploy/cli/grammar.hpp"

#include "deploy/cli/exit_code.hpp"
#include "runtime/wire/nearest.hpp"

#ifndef MACHINE_VERSION
#  define MACHINE_VERSION "0"
#endif

namespace machine::cli {

grammar::grammar() {
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
  add_tenant();
  add_principal();
  add_key();
  add_secret();
  add_audit();
  add_cost();
  add_api();
  add_rest();
}

std::variant<parsed_options, message_to_user>
grammar::parse(const std::vector<std::string>& words) {
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

message_to_user grammar::usage(const std::string& text) const {
  return {"themachine: " + text + "\nSee `" + path_of(named()) + " --help`.\n",
          static_cast<int>(exit_code::usage)};
}

const CLI::App* grammar::named() const {
  const CLI::App* at = &root_;
  for (auto more = at->get_subcommands(); !more.empty();
       more = at->get_subcommands())
    at = more.front();
  return at;
}

std::string grammar::path_of(const CLI::App* app) {
  std::string result;
  for (auto* i = app; i != nullptr; i = i->get_parent())
    result = i->get_name() + (result.empty() ? "" : " " + result);
  return result;
}

std::string grammar::help() const {
  // CLI11 adds the command's own name.
  auto* at = named();
  return at->help(path_of(at->get_parent()));
}

std::string grammar::about_extras() const {
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

void grammar::add_globals(CLI::App& to) {
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
  auto text = [group](const char* name, std::optional<std::string>& to_value,
                      const char* type, const char* about) {
    group->add_option(name, to_value, about)
      ->type_name(type)
      ->check(not_empty)
      ->group("Everywhere");
  };
  text("--url", result_.global.url, "URL",
       "A machine elsewhere, as https://host:7700 (or THEMACHINE_URL)");
  // A signal has a key of another kind.
  if (to.get_name() != "signal")
    text("--key", result_.global.key, "KEY",
         "What lets you in; better THEMACHINE_KEY, which nobody else sees");
  text("--tenant", result_.global.tenant, "ID",
       "Act in this tenant (or THEMACHINE_TENANT)");
  text("--ca-file", result_.global.ca_file, "FILE",
       "The certificate of the machine, if the system does not know it");
  group->add_option("--set", settings_, "Configuration: key=value")
    ->type_name("K=V")
    ->allow_extra_args(false)
    ->group("Everywhere");
  group->add_flag("--json", result_.global.json, "Data as JSON")
    ->group("Everywhere");
}

CLI::App& grammar::block(const std::string& name, const std::string& about) {
  auto* app = root_.add_subcommand(name, about);
  app->set_help_flag("-h,--help", "Say how this is used");
  app->require_subcommand(1);
  add_globals(*app);
  return *app;
}

void grammar::need_id(CLI::App* app, std::string& id,
                      const std::string& of_what) {
  app->add_option("id", id, "Which " + of_what)
    ->required()
    ->type_name("ID")
    ->check(is_id);
}

void grammar::add_machine() {
  leaf<up_command>(root_, "up", "Start a machine here; Ctrl-C stops it");
  leaf<down_command>(root_, "down", "Stop the machine that is up");
}

} // namespace machine::cli

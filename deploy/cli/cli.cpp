#include "deploy/cli/cli.hpp"

#include "deploy/cli/access_commands.hpp"
#include "deploy/cli/audit_commands.hpp"
#include "deploy/cli/commands.hpp"
#include "deploy/cli/cost_commands.hpp"
#include "deploy/cli/local_commands.hpp"
#include "deploy/cli/secret_commands.hpp"
#include "deploy/cli/start.hpp"
#include "deploy/cli/store_commands.hpp"
#include "deploy/cli/terminal.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/whereabouts.hpp"

#include <cstdlib>
#include <iostream>
#include <string_view>

#include <unistd.h>

namespace machine::cli {

namespace {

/// What lives on this computer, a model for example, is reached without the
/// proxy that the environment or the configuration names, by us and by all that
/// we start.
void keep_loopback_direct() {
  std::string value;
  // Both spellings are in use, and either may be the only one that is set.
  for (auto* name : {"no_proxy", "NO_PROXY"})
    if (auto* present = std::getenv(name);
        present != nullptr && *present != '\0' && value.empty())
      value = present;
  // Everything is direct already, and only if it stands alone.
  if (value != "*")
    value += std::string{value.empty() ? "" : ","} + "127.0.0.1,localhost,::1";
  for (auto* name : {"no_proxy", "NO_PROXY"})
    ::setenv(name, value.c_str(), 1);
}

config::sources sources_of(const global_options& global) {
  config::sources result;
  result.environment = config::process_environment;
  result.variables = config::process_variables();
  result.file = global.config_file;
  result.flags = global.settings;
  if (global.data_dir)
    result.flags["data.dir"] = *global.data_dir;
  auto set = [&](const char* name, const std::optional<std::string>& value) {
    if (value)
      result.flags[name] = *value;
  };
  set("client.url", global.url);
  set("client.key", global.key);
  set("client.tenant", global.tenant);
  set("client.ca_file", global.ca_file);
  return result;
}

/// A machine that only serves this command takes any free port, and leaves the
/// terminal to us; unless somebody said otherwise.
caf::expected<config::config> quiet(const global_options& global,
                                    const config::config& usual) {
  auto from = sources_of(global);
  auto prefer = [&](const std::string& name, const std::string& value) {
    if (usual.all().at(name).origin == "default")
      from.flags[name] = value;
  };
  prefer("gateway.port", "0");
  prefer("log.file", usual.text("data.dir") + "/log");
  return config::config::load(from);
}

/// Whether *what* concerns the machine of this computer, and no other.
bool is_about_here(const command& what) {
  return std::holds_alternative<down_command>(what)
      || std::holds_alternative<store_verify>(what)
      || std::holds_alternative<store_backup>(what)
      || std::holds_alternative<store_collect>(what)
      || std::holds_alternative<workflow_check_upgrade>(what);
}

/// Does a command, once the configuration is known to be sound.
struct performer {
  const session& in;
  const config::config& settings;
  const start_machine& start;

  template <class T>
  exit_code operator()(const T& what) const {
    return perform(in, what);
  }

  exit_code operator()(const up_command&) const {
    return serve(in,
                 [this] { return start(settings, lifetime::until_stopped); });
  }

  exit_code operator()(const run_start& what) const {
    return start_run(
      in, what, [this]() -> caf::expected<std::unique_ptr<running_machine>> {
        auto quietly = quiet(in.global, settings);
        if (!quietly)
          return std::move(quietly.error());
        return start(*quietly, lifetime::of_command);
      });
  }

  exit_code operator()(const store_collect& what) const {
    return collect_store(in, what, settings.time("retention.blob_grace"));
  }

  exit_code operator()(const model_import& what) const {
    return import_models(in, what, settings.text("models.catalogue"));
  }

  exit_code operator()(const config_show& what) const {
    return show_config(in, what, settings);
  }

  exit_code operator()(const config_check&) const {
    in.say("the configuration is sound");
    return exit_code::ok;
  }

  exit_code operator()(const config_example&) const {
    in.to.out << config::example_file();
    return exit_code::ok;
  }
};

exit_code do_command(const parsed_options& what, const start_machine& start,
                     streams to) {
  // The machine's word is for the machine alone.
  net::client http{{.direct = true, .user_agent = "themachine-cli"}};
  session in{what.global, {}, to, http};
  if (&to.out == &std::cout) {
    in.is_terminal = ::isatty(STDOUT_FILENO) == 1;
    in.colours = colours_for(STDOUT_FILENO);
    if (is_redrawable(STDOUT_FILENO))
      in.width = screen{STDOUT_FILENO, in.colours}.size().width;
  }
  auto from = sources_of(what.global);
  if (auto* check = std::get_if<config_check>(&what.what);
      check != nullptr && check->file)
    from.file = check->file;
  // Who asks how a configuration looks may have a broken one.
  if (std::holds_alternative<config_example>(what.what))
    from = {};
  auto settings = config::config::load(from);
  if (!settings)
    return in.complain(settings.error());
  in.data_dir = settings->text("data.dir");
  auto how = access_of(*settings);
  if (!how)
    return in.complain(how.error());
  in.how = std::move(*how);
  if (is_about_here(what.what))
    if (auto err = check_is_here(in, "this"))
      return in.complain(err);
  // The environment and the usual file are there the next time, too.
  auto& origin = settings->all().at("data.dir").origin;
  if (origin == "flag" || (from.file && origin.starts_with("file ")))
    in.again = " --data-dir " + shell_word(in.data_dir);
  return std::visit(performer{in, *settings, start}, what.what);
}

} // namespace

int run_cli(int argc, char** argv, const start_machine& start) {
  keep_loopback_direct();
  return run_cli({argv, argv + argc}, start, {std::cout, std::cerr});
}

int run_cli(const std::vector<std::string>& words, const start_machine& start,
            streams to) {
  auto parsed = parse_options(words);
  if (auto* message = std::get_if<message_to_user>(&parsed)) {
    (message->exit_code == 0 ? to.out : to.err) << message->text;
    return message->exit_code;
  }
  auto result = do_command(std::get<parsed_options>(parsed), start, to);
  to.out.flush();
  // Data that nobody could read is a failure, a full disk for example.
  if (!to.out && result == exit_code::ok)
    result = exit_code::failed;
  return static_cast<int>(result);
}

} // namespace machine::cli

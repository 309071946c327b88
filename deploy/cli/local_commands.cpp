#include "deploy/cli/local_commands.hpp"

#include "actors/agents/sandbox/sandbox.hpp"
#include "actors/agents/session/role.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"

#include <filesystem>
#include <iterator>

namespace machine::cli {

namespace {

constexpr size_t max_corruptions_shown = 100;

/// The store of the machine, if it has one yet. Opening would create it.
caf::expected<std::shared_ptr<store::engine>> open_store(const session& in) {
  auto path = in.data_dir + "/store";
  std::error_code code;
  if (!std::filesystem::exists(path, code))
    return make_error(ec::not_found, "there is no store in " + in.data_dir);
  auto engine = store::open_lmdb(path);
  if (!engine && code_of(engine.error()) == ec::locked)
    return make_error(ec::locked, message_of(engine.error())
                                    + " (`themachine down` stops it)");
  return engine;
}

} // namespace

exit_code perform(const session& in, const workflow_check& what) {
  orchestrator::load_context context;
  auto roles = agents::built_in_roles();
  if (!roles)
    return in.complain(roles.error());
  for (auto& [name, role] : *roles)
    context.roles.insert(name);
  auto read = orchestrator::load_workflow_file(what.file, context);
  if (!read)
    return in.complain(read.error());
  if (in.global.json)
    in.print_json(orchestrator::normal_form(*read));
  else
    in.print({{{what.file + " is sound: " + read->name + ", "
                + std::to_string(read->steps.size()) + " steps, hash "
                + orchestrator::workflow_hash(*read)}}});
  return exit_code::ok;
}

exit_code perform(const session& in, const sandbox_check&) {
  if (auto works = agents::check_sandbox(); !works)
    return in.complain(works.error());
  in.print({{{"The sandbox works: commands of agents see a read-only system, "
              "no network and their own worktree."}}});
  return exit_code::ok;
}

exit_code perform(const session& in, const store_verify&) {
  auto engine = open_store(in);
  if (!engine)
    return in.complain(engine.error());
  auto report = (*engine)->verify();
  if (!report)
    return in.complain(report.error());
  auto bad = report->corruptions.size();
  if (in.global.json)
    in.print_json(R"({"streams":)" + std::to_string(report->streams)
                  + R"(,"events":)" + std::to_string(report->events)
                  + R"(,"blobs":)" + std::to_string(report->blobs)
                  + R"(,"corruptions":)" + std::to_string(bad) + "}");
  else
    in.print({{{format_count(report->streams) + " streams, "
                + format_count(report->events) + " events, "
                + format_count(report->blobs) + " blobs: "
                + (bad == 0 ? "all as they were written"
                            : std::to_string(bad) + " corruptions")}}});
  for (size_t i = 0; i < std::min(bad, max_corruptions_shown); ++i)
    in.say(printable(report->corruptions[i].key + ": "
                     + report->corruptions[i].what));
  return bad == 0 ? exit_code::ok : exit_code::failed;
}

exit_code perform(const session& in, const store_backup& what) {
  auto engine = open_store(in);
  if (!engine)
    return in.complain(engine.error());
  if (auto copied = (*engine)->backup(what.to); !copied)
    return in.complain(copied.error());
  in.say("the store is copied to " + what.to);
  return exit_code::ok;
}

exit_code show_config(const session& in, const config_show& what,
                      const config::config& settings) {
  if (in.global.json) {
    in.print_json(settings.to_json());
    return exit_code::ok;
  }
  std::vector<column> columns{{"key"}, {"value"}};
  if (what.origin)
    columns.push_back({"origin"});
  columns.push_back({"meaning"});
  table shown{std::move(columns)};
  for (auto& [name, setting] : settings.all()) {
    std::vector<std::string> cells{name, setting.shown()};
    if (what.origin)
      cells.push_back(setting.origin);
    cells.push_back(setting.about->doc);
    shown.add(std::move(cells));
  }
  in.print(shown, "there are no settings");
  return exit_code::ok;
}

} // namespace machine::cli

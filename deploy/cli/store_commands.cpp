#include "deploy/cli/store_commands.hpp"

#include "deploy/cli/text.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <filesystem>

namespace machine::cli {

caf::expected<std::shared_ptr<store::engine>>
open_store(const std::string& directory) {
  // Opening would create it.
  std::error_code code;
  if (!std::filesystem::exists(directory + "/data.mdb", code))
    return make_error(ec::not_found, "there is no store in " + directory);
  auto engine = store::open_lmdb(directory);
  if (!engine && code_of(engine.error()) == ec::locked)
    return make_error(ec::locked,
                      message_of(engine.error())
                        + " (a machine that starts or stops just now will "
                          "answer, or be gone, in a moment)");
  return engine;
}

namespace {

constexpr size_t max_corruptions_shown = 100;

/// That of this machine.
caf::expected<std::shared_ptr<store::engine>> open_own(const session& in) {
  return open_store(in.data_dir + "/store");
}

caf::expected<store::verify_report> verify(const session& in) {
  if (auto machine = find_machine(in.http, in.data_dir)) {
    auto answer = machine->work("/api/v1/store/verify", {});
    if (!answer)
      return std::move(answer.error());
    return wire::from_json<store::verify_report>(*answer);
  }
  auto engine = open_own(in);
  if (!engine)
    return std::move(engine.error());
  return (*engine)->verify();
}

caf::expected<store::garbage_report>
collect(const session& in, const std::optional<duration>& wanted,
        duration usual) {
  if (auto machine = find_machine(in.http, in.data_dir)) {
    auto answer = machine->work(
      "/api/v1/store/collect",
      wanted ? R"({"grace":)" + wire::to_json(*wanted) + "}" : "{}");
    if (!answer)
      return std::move(answer.error());
    return wire::from_json<store::garbage_report>(*answer);
  }
  auto engine = open_own(in);
  if (!engine)
    return std::move(engine.error());
  return (*engine)->collect_garbage(wanted.value_or(usual));
}

caf::error back_up(const session& in, const std::string& to) {
  if (auto machine = find_machine(in.http, in.data_dir)) {
    auto answer = machine->work("/api/v1/store/backup",
                                R"({"to":)" + wire::to_json(to) + "}");
    return answer ? caf::error{} : std::move(answer.error());
  }
  auto engine = open_own(in);
  if (!engine)
    return std::move(engine.error());
  auto copied = (*engine)->backup(to);
  return copied ? caf::error{} : copied.error();
}

} // namespace

exit_code perform(const session& in, const store_verify&) {
  auto report = verify(in);
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

exit_code collect_store(const session& in, const store_collect& what,
                        duration grace) {
  auto report = collect(in, what.grace, grace);
  if (!report)
    return in.complain(report.error());
  if (in.global.json) {
    in.print_json(wire::to_json(*report));
    return exit_code::ok;
  }
  auto waiting = report->unreferenced - report->deleted;
  in.print({{{"deleted " + format_count(report->deleted) + " of "
              + format_count(report->blobs) + " blobs, "
              + format_count(report->bytes_freed) + " bytes"}}});
  if (waiting > 0)
    in.say(format_count(waiting)
           + " more are referred to by nobody; a later collection deletes them "
             "if it is still so");
  return exit_code::ok;
}

exit_code perform(const session& in, const store_backup& what) {
  // The machine works in another directory than we do.
  std::error_code code;
  auto to = std::filesystem::absolute(what.to, code).lexically_normal();
  if (code)
    return in.complain(
      make_error(ec::invalid_argument,
                 what.to + " is no directory for a backup: " + code.message()));
  if (auto err = back_up(in, to.string()))
    return in.complain(err);
  in.say("the store is copied to " + what.to);
  return exit_code::ok;
}

} // namespace machine::cli

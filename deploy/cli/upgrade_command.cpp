#include "actors/orchestrator/upgrade/upgrade.hpp"
#include "actors/tenants.hpp"
#include "deploy/cli/store_commands.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/wire/wire.hpp"

#include <unistd.h>

#include <filesystem>

namespace machine::cli {

namespace {

using orchestrator::upgrade_verdict;

/// What a check has come to.
struct tally {
  uint64_t logs = 0;
  uint64_t runs = 0;
  uint64_t events = 0;
  uint64_t decisions = 0;
  uint64_t unexplained = 0;
  std::vector<upgrade_verdict> different;

  void add(const upgrade_verdict& x) {
    ++logs;
    runs += x.kind == orchestrator::run::kind ? 1 : 0;
    events += x.events;
    decisions += x.decisions;
    unexplained += x.unexplained;
    if (x.difference)
      different.push_back(x);
  }

  static constexpr const char* wire_name = "upgrade_tally";

  static constexpr auto fields() {
    return wire::members(wire::field{"logs", &tally::logs},
                         wire::field{"runs", &tally::runs},
                         wire::field{"events", &tally::events},
                         wire::field{"decisions", &tally::decisions},
                         wire::field{"unexplained", &tally::unexplained},
                         wire::field{"different", &tally::different});
  }
};

/// A copy of what a running machine has, for as long as it is looked at.
class copy_of_store {
public:
  explicit copy_of_store(const session& in)
      : path_(in.data_dir + "/check-upgrade." + std::to_string(getpid())) {}

  copy_of_store(const copy_of_store&) = delete;
  copy_of_store& operator=(const copy_of_store&) = delete;

  ~copy_of_store() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }

  const std::string& path() const {
    return path_;
  }

private:
  std::string path_;
};

caf::expected<tally> check_store(const std::string& tenant,
                                 const std::string& store,
                                 const workflow_check_upgrade& what) {
  auto engine = open_store(store);
  if (!engine)
    return std::move(engine.error());
  tally result;
  auto err = orchestrator::check_upgrade(
    **engine, {tenant, what.runs, what.ended},
    [&](const upgrade_verdict& x) { result.add(x); });
  if (err)
    return err;
  return result;
}

/// What the machine that is up has can be looked at in a copy alone.
caf::expected<tally> check(const session& in,
                           const workflow_check_upgrade& what) {
  auto tenant = in.how.tenant.empty() ? local_tenant : in.how.tenant;
  if (what.store)
    return check_store(tenant, *what.store, what);
  auto machine = find_machine(in.http, in.data_dir);
  if (!machine)
    return check_store(tenant, in.data_dir + "/store", what);
  copy_of_store copy{in};
  std::error_code code;
  auto to = std::filesystem::absolute(copy.path(), code).lexically_normal();
  auto made = machine->work("/api/v1/store/backup",
                            R"({"to":)" + wire::to_json(to.string()) + "}");
  if (!made)
    return std::move(made.error());
  return check_store(tenant, copy.path(), what);
}

void show(const session& in, const tally& all) {
  auto agreed = all.different.empty();
  line summary{{format_count(all.runs) + " runs and "
                + format_count(all.logs - all.runs) + " other logs, "
                + format_count(all.events) + " events, "
                + format_count(all.decisions) + " decisions: "
                + (agreed ? "this program goes on with all of them"
                          : std::to_string(all.different.size())
                              + " would not go on as they were")}};
  in.print({summary});
  for (auto& x : all.different)
    in.say(printable(x.kind + " " + x.id + ", "
                     + (x.difference->seq == 0
                          ? std::string{}
                          : "event " + std::to_string(x.difference->seq) + ": ")
                     + x.difference->what));
  if (all.unexplained > 0)
    in.say(
      format_count(all.unexplained)
      + " decisions were read only: their logs do not tell what was asked");
  if (!agreed)
    in.say("Let these runs end with the program that they began with, or "
           "cancel them, before you upgrade.");
}

} // namespace

exit_code perform(const session& in, const workflow_check_upgrade& what) {
  auto all = check(in, what);
  if (!all)
    return in.complain(all.error());
  if (in.global.json)
    in.print_json(wire::to_json(*all));
  else
    show(in, *all);
  return all->different.empty() ? exit_code::ok : exit_code::failed;
}

} // namespace machine::cli

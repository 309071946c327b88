#include "deploy/cli/audit_commands.hpp"

#include "actors/audit/audit_trail.hpp"
#include "actors/tenants.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/store_commands.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::cli {

namespace {

/// Of an export, read at one time.
constexpr size_t page_size = 1'000;

std::string tenant_of(const session& in) {
  return in.how.tenant.empty() ? local_tenant : in.how.tenant;
}

std::optional<std::string> text_of(const std::optional<timestamp>& x) {
  if (!x)
    return std::nullopt;
  return wire::format_time(*x);
}

/// The store of the data directory, which no machine has; *why* there is none.
caf::expected<std::shared_ptr<store::engine>> open_own(const session& in,
                                                       const caf::error& why) {
  if (!in.how.is_usual())
    return why;
  auto engine = open_store(in.data_dir + "/store");
  if (!engine && code_of(engine.error()) == ec::not_found)
    return why;
  return engine;
}

caf::expected<audit::audit_report> verify(const session& in,
                                          const audit_verify& what) {
  auto machine = find_machine(in);
  if (machine) {
    auto answer = machine->work(
      "/api/v1/audit/verify",
      what.known ? R"({"known":)" + wire::to_json(*what.known) + "}" : "{}");
    if (!answer)
      return std::move(answer.error());
    return wire::from_json<audit::audit_report>(*answer);
  }
  std::optional<security::chain_head> known;
  if (what.known) {
    auto head = audit::head_from_word(*what.known);
    if (!head)
      return std::move(head.error());
    known = *head;
  }
  auto engine = open_own(in, machine.error());
  if (!engine)
    return std::move(engine.error());
  auto tenant = tenant_of(in);
  return audit::verify_trail(audit::trail_of(**engine, tenant), tenant, known);
}

/// Gives *each* all records as JSON with their times, oldest first.
class exporter {
public:
  using taker = std::function<void(const std::string& json, timestamp at)>;

  exporter(const session& in, taker each) : in_(in), each_(std::move(each)) {}

  caf::error run() {
    auto machine = find_machine(in_);
    if (machine)
      return from_machine(*machine);
    auto engine = open_own(in_, machine.error());
    if (!engine)
      return std::move(engine.error());
    return from_store(**engine);
  }

private:
  caf::error from_machine(const api_client& api) {
    std::string after = "0";
    while (!after.empty()) {
      auto path = "/api/v1/audit/events?limit=" + std::to_string(page_size)
                + "&after=" + after;
      auto body = api.get(path);
      if (!body)
        return std::move(body.error());
      auto page = record::parse(std::move(*body), path);
      if (!page)
        return std::move(page.error());
      for (auto& x : page->list("items"))
        each_(x.json(), wire::parse_time(x.text("at")).value_or(timestamp{}));
      after = page->text("next_cursor");
    }
    return caf::none;
  }

  caf::error from_store(store::engine& engine) {
    auto log = audit::trail_of(engine, tenant_of(in_));
    for (uint64_t next = 1;;) {
      auto page = log.read(next, page_size);
      if (!page)
        return std::move(page.error());
      if (page->empty())
        return caf::none;
      for (auto& event : *page) {
        auto entry = audit::entry_of(event.seq, event.payload);
        if (!entry)
          return with_context("record " + std::to_string(event.seq),
                              entry.error());
        each_(wire::to_json(*entry), entry->at);
      }
      next = page->back().seq + 1;
    }
  }

  const session& in_;
  taker each_;
};

} // namespace

exit_code perform(const session& in, const audit_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api,
      "/api/v1/audit"
        + query({{"who", what.who},
                 {"what", what.what},
                 {"since", text_of(what.since)},
                 {"until", text_of(what.until)}}),
      what.limit,
      table{{{"record", column::right},
             {"at"},
             {"who"},
             {"from"},
             {"did"},
             {"to"},
             {"phase"},
             {"status", column::right},
             {"times", column::right}}},
      [](const record& x) -> std::vector<std::string> {
        auto status = x.text("status");
        return {x.text("seq"),
                x.time("at"),
                x.text("who").empty() ? x.text("kind") : x.text("who"),
                x.text("address"),
                x.text("action"),
                x.text("target"),
                x.text("phase"),
                status == "0" ? "" : status,
                x.text("times")};
      },
      "the audit log has no such records");
  });
}

exit_code perform(const session& in, const audit_export& what) {
  exporter all{in, [&](const std::string& json, timestamp at) {
                 if ((!what.since || at >= *what.since)
                     && (!what.until || at < *what.until))
                   in.print_json(json);
               }};
  auto problem = all.run();
  return problem ? in.complain(problem) : exit_code::ok;
}

exit_code perform(const session& in, const audit_verify& what) {
  auto report = verify(in, what);
  if (!report)
    return in.complain(report.error());
  if (in.global.json)
    in.print_json(wire::to_json(*report));
  else
    in.print(
      {{{format_count(report->records) + " records of tenant " + report->tenant
         + (report->broken ? " are as they were written, up to a break"
                           : ": all as they were written")}},
       {{"head  " + report->head}}});
  if (!report->broken) {
    if (!what.known && !in.global.json)
      in.say("Keep the head elsewhere: `audit verify --known HEAD` then finds "
             "also an end that was cut off, and a log that was written anew.");
    return exit_code::ok;
  }
  in.say("the audit log is broken: " + report->broken->detail + " ("
         + report->broken->why + ")");
  return exit_code::failed;
}

} // namespace machine::cli

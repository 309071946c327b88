#include "deploy/cli/cost_commands.hpp"

#include "actors/costs/ledger/summary.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/terminal.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/told.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <ostream>

#include <poll.h>
#include <unistd.h>

namespace machine::cli {

namespace {

/// Between two looks at who spends most.
constexpr int top_interval_ms = 2'000;

constexpr const char* budgets_path = "/api/v1/costs/budgets";

std::string path_of_budget(const std::string& id) {
  return std::string{budgets_path} + "/" + escape(id);
}

/// `project shop`, or `tenant`.
std::string whose(const record& budget) {
  auto subject = budget.text("subject");
  return budget.text("scope") + (subject.empty() ? "" : " " + subject);
}

std::string window_of(const record& budget) {
  if (budget.text("window") != "rolling")
    return budget.text("window");
  // Tenths of an hour.
  auto text = std::to_string((budget.number("length") + 180'000) / 360'000);
  text.insert(text.size() - 1, ".");
  if (text.ends_with(".0"))
    text.resize(text.size() - 2);
  return "last " + text + " h";
}

/// `80%, 100%`
std::string alerts_of(const record& budget) {
  // A list of numbers as JSON.
  std::string result;
  for (auto c : budget.text("alerts"))
    if (c == ',')
      result += "%, ";
    else if (c >= '0' && c <= '9')
      result += c;
  return result.empty() ? "nothing" : result + "%";
}

/// What a forecast says, in a few words.
std::string end_of(const record& forecast) {
  auto outlook = forecast.text("outlook");
  if (outlook == "runs_out")
    return forecast.time("at");
  if (outlook == "used_up")
    return "now";
  return outlook == "idle" ? "nothing is spent" : outlook;
}

std::vector<line> describe_budget(const record& x) {
  auto what = x.part("what");
  auto forecast = x.part("forecast");
  auto rate = forecast.number("hours") == 0
              ? std::string{}
              : forecast.money("rate") + " an hour, "
                  + forecast.money("rate_low") + " to "
                  + forecast.money("rate_high");
  return show_pairs({{"budget", what.text("id")},
                     {"for", whose(what)},
                     {"limit", what.money("limit")},
                     {"window", window_of(what)},
                     {"kind", what.text("kind")},
                     {"alerts at", alerts_of(what)},
                     {"since", x.time("since")},
                     {"spent", x.money("settled")},
                     {"set aside", x.money("leased")},
                     {"left", x.money("left")},
                     {"window ends", x.time("window_ends")},
                     {"used up", end_of(forecast)},
                     {"at the earliest", forecast.time("earliest")},
                     {"at the latest", forecast.time("latest")},
                     {"spent of late", rate}});
}

/// A budget as the machine takes it. The name stands in the path.
struct budget_body {
  costs::budget_scope scope = costs::budget_scope::tenant;
  std::string subject;
  micro_usd limit = 0;
  costs::budget_window window = costs::budget_window::total;
  std::optional<duration> length;
  costs::budget_kind kind = costs::budget_kind::hard;
  std::vector<uint32_t> alerts;

  static constexpr const char* wire_name = "budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"scope", &budget_body::scope},
                         wire::field{"subject", &budget_body::subject},
                         wire::field{"limit", &budget_body::limit},
                         wire::field{"window", &budget_body::window},
                         wire::field{"length", &budget_body::length},
                         wire::field{"kind", &budget_body::kind},
                         wire::field{"alerts", &budget_body::alerts});
  }
};

/// *x* with what *by* names.
budget_body changed(const costs::budget& x, const cost_budget_set& by) {
  budget_body result{x.scope,  x.subject, x.limit, x.window,
                     x.length, x.kind,    x.alerts};
  if (by.scope) {
    result.scope = *by.scope;
    result.subject = by.subject;
  }
  if (by.window) {
    result.window = *by.window;
    result.length = by.length;
  }
  result.limit = by.limit.value_or(result.limit);
  result.kind = by.kind.value_or(result.kind);
  if (by.no_alerts || !by.alerts.empty())
    result.alerts = by.alerts;
  return result;
}

caf::error set_budget(const session& in, const api_client& api,
                      const cost_budget_set& what) {
  costs::budget known;
  // What somebody else changes meanwhile is not changed back.
  std::string tag = "";
  auto found = api.get(path_of_budget(what.id));
  if (found) {
    auto read = record::parse(std::move(*found), "budget " + what.id);
    if (!read)
      return std::move(read.error());
    auto was = wire::from_json<costs::budget>(read->part("what").json());
    if (!was)
      return with_context("budget " + what.id, was.error());
    known = std::move(*was);
    tag = read->text("tag");
  } else if (code_of(found.error()) != ec::not_found) {
    return std::move(found.error());
  } else if (!what.limit) {
    return make_error(ec::not_found, "there is no budget " + what.id
                                       + "; say its --limit, and it is made");
  }
  return told(
    in,
    api.put(path_of_budget(what.id), wire::to_json(changed(known, what)), tag),
    "budget " + what.id, describe_budget);
}

std::optional<std::string> instant(const std::optional<timestamp>& x) {
  if (!x)
    return std::nullopt;
  return wire::format_time(*x);
}

std::vector<std::string> cells_of(const record& sum) {
  auto tokens = sum.part("tokens");
  auto failed = sum.text("failed");
  return {sum.text("calls"),
          failed == "0" ? "" : failed,
          tokens.text("input"),
          tokens.text("cached"),
          tokens.text("output"),
          sum.money("cost"),
          sum.text("average_latency") + " ms"};
}

/// Rows with the values of *by* before their sums.
table table_of(const record& report, const std::vector<costs::dimension>& by) {
  std::vector<column> columns;
  for (auto x : by)
    columns.push_back({std::string{wire::to_name(x)}});
  for (auto* title :
       {"calls", "failed", "in", "cached", "out", "cost", "latency"})
    columns.push_back({title, column::right});
  table shown{std::move(columns)};
  auto add = [&](std::vector<std::string> cells, const record& sum) {
    for (auto& cell : cells_of(sum))
      cells.push_back(std::move(cell));
    shown.add(std::move(cells));
  };
  auto named = [&](const char* first) {
    std::vector<std::string> cells(by.size());
    cells.front() = first;
    return cells;
  };
  for (auto& row : report.list("rows")) {
    std::vector<std::string> cells;
    auto of = row.part("of");
    for (auto x : by) {
      auto value = of.text(wire::to_name(x));
      cells.push_back(value.empty() ? "-" : value);
    }
    add(std::move(cells), row.part("sum"));
  }
  if (auto other = report.part("other"); other.number("calls") > 0)
    add(named("other"), other);
  if (!shown.empty())
    add(named("total"), report.part("total"));
  return shown;
}

std::vector<line> picture_of(const record& top, uint32_t minutes,
                             size_t width) {
  std::vector<line> out{{{top.money("cost"), style::bold},
                         {" for " + top.text("calls")
                          + (top.text("calls") == "1" ? " call" : " calls")
                          + " in " + std::to_string(minutes) + " minutes"}}};
  for (auto [key, title] : {std::pair{"models", "model"},
                            {"keys", "key"},
                            {"runs", "run"},
                            {"agents", "agent"}}) {
    auto rows = top.list(key);
    if (rows.empty())
      continue;
    table shown{{{title}, {"calls", column::right}, {"cost", column::right}}};
    for (auto& x : rows)
      shown.add({x.text("name"), x.text("calls"), x.money("cost")});
    out.emplace_back();
    for (auto& row : shown.lines(width))
      out.push_back(std::move(row));
  }
  return out;
}

caf::expected<std::string> get_top(const api_client& api,
                                   const cost_top& what) {
  return api.get("/api/v1/costs/top?minutes=" + std::to_string(what.minutes)
                 + "&limit=" + std::to_string(what.limit));
}

/// Shows who spends most until somebody presses Ctrl-C: in place on a terminal,
/// one after the other elsewhere.
caf::error watch_top(const session& in, const api_client& api,
                     const cost_top& what) {
  signal_watch signals;
  auto redraws = !in.global.json && is_redrawable(STDOUT_FILENO);
  screen picture{STDOUT_FILENO, in.colours};
  for (;;) {
    auto body = get_top(api, what);
    if (!body)
      return std::move(body.error());
    if (in.global.json) {
      in.print_json(*body);
      in.to.out.flush();
    } else {
      auto top = record::parse(std::move(*body), "top");
      if (!top)
        return std::move(top.error());
      auto width = redraws ? picture.size().width : in.width;
      auto lines = picture_of(*top, what.minutes, width);
      if (redraws)
        picture.draw(lines);
      else
        in.print(lines);
    }
    // Nobody reads what is written any more.
    if (!in.to.out)
      return caf::none;
    pollfd signalled{signals.descriptor(), POLLIN, 0};
    if (::poll(&signalled, 1, top_interval_ms) > 0 && signals.take().stops())
      return caf::none;
  }
}

} // namespace

exit_code perform(const session& in, const cost_budget_list&) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, budgets_path, 0,
      table{{{"budget"},
             {"for"},
             {"window"},
             {"kind"},
             {"limit", column::right},
             {"spent", column::right},
             {"set aside", column::right},
             {"left", column::right},
             {"used up"}}},
      [](const record& x) -> std::vector<std::string> {
        auto what = x.part("what");
        return {
          what.text("id"),   whose(what),         window_of(what),
          what.text("kind"), what.money("limit"), x.money("settled"),
          x.money("leased"), x.money("left"),     end_of(x.part("forecast"))};
      },
      "there are no budgets; make one: themachine cost budget set NAME --limit "
      "USD");
  });
}

exit_code perform(const session& in, const cost_budget_show& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.get(path_of_budget(what.id)), "budget " + what.id,
                describe_budget);
  });
}

exit_code perform(const session& in, const cost_budget_set& what) {
  return with_machine(
    in, [&](const api_client& api) { return set_budget(in, api, what); });
}

exit_code perform(const session& in, const cost_budget_remove& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.remove(path_of_budget(what.id));
    if (!sent)
      return std::move(sent.error());
    if (in.global.json)
      in.print_json(*sent);
    else
      in.say("budget " + what.id + " is removed");
    return {};
  });
}

exit_code perform(const session& in, const cost_report& what) {
  std::string by;
  for (auto x : what.by)
    by += (by.empty() ? "" : ",") + std::string{wire::to_name(x)};
  auto path = "/api/v1/costs/report"
            + query({{"by", by},
                     {"since", instant(what.since)},
                     {"until", instant(what.until)},
                     {"project", what.project},
                     {"model", what.model},
                     {"key", what.key},
                     {"run", what.run},
                     {"tag", what.tag},
                     {"format", what.csv ? std::optional<std::string>{"csv"}
                                         : std::nullopt}});
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto body = api.get(path);
    if (!body)
      return std::move(body.error());
    if (what.csv) {
      in.to.out << *body;
      return {};
    }
    if (in.global.json) {
      in.print_json(*body);
      return {};
    }
    auto report = record::parse(std::move(*body), "the report");
    if (!report)
      return std::move(report.error());
    in.print(table_of(*report, what.by), "nothing was spent in that time");
    return {};
  });
}

exit_code perform(const session& in, const cost_top& what) {
  return with_machine(in, [&](const api_client& api) {
    if (what.watch)
      return watch_top(in, api, what);
    return told(in, get_top(api, what), "top", [&](const record& x) {
      return picture_of(x, what.minutes, in.width);
    });
  });
}

exit_code perform(const session& in, const cost_forecast&) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/costs/forecast", 0,
      table{{{"budget"},
             {"used up"},
             {"earliest"},
             {"latest"},
             {"an hour", column::right},
             {"from", column::right},
             {"to", column::right},
             {"made from"}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("budget"),
                end_of(x),
                x.time("earliest"),
                x.time("latest"),
                x.money("rate"),
                x.money("rate_low"),
                x.money("rate_high"),
                x.text("hours") + " hours"
                  + (x.text("source") == "hours" ? "" : " of the tenant")};
      },
      "there are no budgets");
  });
}

} // namespace machine::cli

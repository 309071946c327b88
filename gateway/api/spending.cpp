#include "actors/costs/report/csv.hpp"
#include "actors/costs/report/history.hpp"
#include "actors/costs/report/top.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/together.hpp"
#include "runtime/wire/wire.hpp"

#include <array>
#include <limits>

/// What the ledger of a tenant tells about its calls.
namespace machine::gateway {

namespace {

/// Of a log, read at one time.
constexpr size_t ledger_page_bytes = 4u << 20;

/// How long a ledger is read for one answer, and how many events of it.
constexpr duration reading_patience{10'000};
constexpr size_t max_report_events = 500'000;
constexpr size_t max_page_events = 20'000;

/// A call with its place in the ledger.
struct call_entry : costs::call_line {
  uint64_t seq = 0;
  timestamp booked_at{};
  /// A start of a node, or a run.
  std::string holder;

  static constexpr const char* wire_name = "cost_call";

  static constexpr auto fields() {
    return wire::together(
      wire::members(wire::field{"seq", &call_entry::seq},
                    wire::field{"booked_at", &call_entry::booked_at},
                    wire::field{"holder", &call_entry::holder}),
      costs::call_line::fields());
  }
};

costs::ledger_log log_of_ledger(const scope& in) {
  return {[in](uint64_t from, size_t count) {
            return in.read<costs::ledger>(costs::ledger_id, from, count,
                                          ledger_page_bytes);
          },
          [in] { return in.last_seq<costs::ledger>(costs::ledger_id); }};
}

std::function<bool()> while_patient() {
  return [end = steady_now() + reading_patience] { return steady_now() < end; };
}

/// What a query may filter by.
constexpr std::array filtered_by{
  costs::dimension::model, costs::dimension::provider,
  costs::dimension::agent, costs::dimension::project,
  costs::dimension::key,   costs::dimension::principal,
  costs::dimension::run,   costs::dimension::tag};

/// Those names, and *more*.
std::set<std::string> filter_names(std::set<std::string> more) {
  for (auto x : filtered_by)
    more.emplace(wire::to_name(x));
  more.insert({"since", "until"});
  return more;
}

caf::expected<costs::line_filter> lines_wanted(const http_request& request) {
  costs::line_filter result;
  auto since = time_of(request, "since");
  if (!since)
    return std::move(since.error());
  auto until = time_of(request, "until");
  if (!until)
    return std::move(until.error());
  result.since = *since;
  result.until = *until;
  for (auto x : filtered_by)
    if (auto i = request.query.find(std::string{wire::to_name(x)});
        i != request.query.end() && !i->second.empty())
      result.values.emplace(x, i->second);
  return result;
}

/// Calls *fn* with each line of the time that *what* wants. `limit_exceeded` if
/// there is more than can be read for one answer: half a sum would pass for a
/// whole one.
template <class Fn>
caf::error for_each_line(const scope& in, const costs::line_filter& what,
                         Fn fn) {
  auto log = log_of_ledger(in);
  costs::history_range range;
  range.until = what.until;
  range.max_events = max_report_events;
  if (what.since) {
    auto from = costs::find_event(log, *what.since);
    if (!from)
      return std::move(from.error());
    range.from = *from;
  }
  auto end = costs::read_history(
    log, range,
    [&](uint64_t, timestamp at, const costs::ledger_event& event) {
      if (auto* booked = std::get_if<costs::calls_booked>(&event))
        for (auto& line : booked->lines)
          fn(costs::booked_line{line, at});
      return costs::walk::on;
    },
    while_patient());
  if (!end)
    return std::move(end.error());
  if (*end)
    return make_error(ec::limit_exceeded,
                      "there are more calls in that time than can be summed up "
                      "at once; ask for a shorter one with since and until");
  return caf::none;
}

/// Where a page of calls begins: an event, and so many lines of it are gone.
struct call_cursor {
  uint64_t seq = 1;
  size_t lines = 0;

  std::string text() const {
    return std::to_string(seq) + "-" + std::to_string(lines);
  }
};

caf::expected<call_cursor> cursor_of(const http_request& request,
                                     const costs::ledger_log& log,
                                     const costs::line_filter& wanted) {
  auto text = request.query_or("cursor", "");
  if (text.empty()) {
    if (!wanted.since)
      return call_cursor{};
    auto from = costs::find_event(log, *wanted.since);
    if (!from)
      return std::move(from.error());
    return call_cursor{*from};
  }
  auto dash = std::min(text.find('-'), text.size());
  auto seq = number_of(text.substr(0, dash));
  auto lines = number_of(text.substr(std::min(dash + 1, text.size())));
  // One more than the last possible number would be the first one again.
  if (!seq || !lines || *seq == 0
      || *seq == std::numeric_limits<uint64_t>::max())
    return make_error(ec::invalid_argument,
                      "cursor is what an earlier page gave as next_cursor");
  return call_cursor{*seq, static_cast<size_t>(*lines)};
}

void list_calls(const scope& in, const http_request& request,
                const responder_ptr& reply) {
  auto limit = limit_of(request);
  auto wanted = lines_wanted(request);
  if (!limit || !wanted) {
    reply->problem(!limit ? limit.error() : wanted.error());
    return;
  }
  auto log = log_of_ledger(in);
  auto from = cursor_of(request, log, *wanted);
  if (!from) {
    reply->problem(from.error());
    return;
  }
  std::vector<std::string> items;
  std::optional<call_cursor> next;
  auto end = costs::read_history(
    log, {from->seq, wanted->until, max_page_events},
    [&](uint64_t seq, timestamp at, const costs::ledger_event& event) {
      auto* booked = std::get_if<costs::calls_booked>(&event);
      if (booked == nullptr)
        return costs::walk::on;
      for (auto i = seq == from->seq ? from->lines : 0;
           i < booked->lines.size(); ++i) {
        auto& line = booked->lines[i];
        if (!wanted->accepts({line, at}))
          continue;
        if (items.size() == *limit) {
          next = call_cursor{seq, i};
          return costs::walk::stop;
        }
        items.push_back(
          wire::to_json(call_entry{line, seq, at, booked->holder}));
      }
      return costs::walk::on;
    },
    while_patient());
  if (!end) {
    reply->problem(end.error());
    return;
  }
  if (!next && *end)
    next = call_cursor{**end};
  reply->json(200, page_document(items, next ? next->text() : ""));
}

void report_costs(const scope& in, const http_request& request,
                  const responder_ptr& reply) {
  auto by = costs::read_dimensions(request.query_or("by", "model"));
  auto wanted = lines_wanted(request);
  auto format = request.query_or("format", "json");
  if (!by || !wanted) {
    reply->problem(!by ? by.error() : wanted.error());
    return;
  }
  if (format != "json" && format != "csv") {
    reply->problem(make_error(ec::invalid_argument, "format is json or csv"));
    return;
  }
  costs::report_maker maker{*by, *wanted};
  if (auto err = for_each_line(
        in, *wanted, [&](const costs::booked_line& x) { maker.add(x); })) {
    reply->problem(err);
    return;
  }
  if (format == "json")
    reply->json(200, wire::to_json(maker.make()));
  else
    reply->answer(
      {200,
       "text/csv; charset=utf-8",
       costs::to_csv(maker.make()),
       {{"Content-Disposition", "attachment; filename=\"costs.csv\""}}});
}

void show_top(const scope& in, const http_request& request,
              const responder_ptr& reply) {
  auto minutes = number_of(request.query_or("minutes", "60"));
  if (!minutes || *minutes < 1
      || *minutes > static_cast<uint64_t>(costs::max_top_minutes)) {
    reply->problem(make_error(ec::invalid_argument,
                              "minutes is a whole number from 1 to "
                                + std::to_string(costs::max_top_minutes)));
    return;
  }
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto since =
    wall_clock() - std::chrono::minutes{static_cast<int64_t>(*minutes)};
  costs::top_maker maker{since};
  costs::line_filter wanted;
  wanted.since = since;
  if (auto err = for_each_line(
        in, wanted, [&](const costs::booked_line& x) { maker.add(x); }))
    reply->problem(err);
  else
    reply->json(200, wire::to_json(maker.make(*limit)));
}

} // namespace

void add_spending_routes(route_table& to, const context_ptr& context) {
  const auto seen = permission::in_tenant(tenants::role::viewer);
  auto add = [&](const char* path, std::set<std::string> query,
                 const char* summary, contract what, auto handler) {
    to.push_back(api_route(context, "GET", path, seen, std::move(query),
                           summary, std::move(what), stay::blocking, handler));
  };
  add(
    "/api/v1/costs/calls", filter_names({"limit", "cursor"}),
    "Calls of models and what they have cost, in the order in which they were "
    "booked; a page may be short, even empty, and have a next one",
    contract::gives<page_of<call_entry>>(), list_calls);
  add("/api/v1/costs/report", filter_names({"by", "format"}),
      "What was spent, summed up; by the time at which it was booked",
      contract::gives<costs::report>().or_content("text/csv; charset=utf-8"),
      report_costs);
  add("/api/v1/costs/top", {"minutes", "limit"},
      "The models, keys, runs and agents that have cost most of late",
      contract::gives<costs::top_spending>(), show_top);
}

} // namespace machine::gateway

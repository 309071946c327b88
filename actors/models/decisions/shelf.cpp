#include "actors/models/decisions/shelf.hpp"

#include "runtime/store/check.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// Rows that are read at one time.
constexpr size_t rows_of_page = 500;

/// The row has all; a stream begins with an event all the same.
const bytes nothing{0xC0};

void add_field(store::summary_row& to, const char* name,
               const std::string& value) {
  if (!value.empty() && value.size() <= store::max_field_value)
    to.fields.emplace(name, value);
}

store::query query_of(const decision_filter& wanted, const std::string& cursor,
                      size_t limit) {
  store::query result;
  result.kind = decision_shelf::kind;
  result.cursor = cursor;
  result.limit = limit;
  auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value)
      result.where.emplace(name, *value);
  };
  add("model", wanted.model);
  add("principal", wanted.principal);
  add("key", wanted.key);
  return result;
}

bool is_wanted(const decision_filter& wanted, const decision_record& x) {
  return (!wanted.since || x.ended_at >= *wanted.since)
      && (!wanted.until || x.ended_at < *wanted.until);
}

/// Whether a row and all older ones ended before what is wanted: nothing is
/// kept before it has ended, if clocks go back a little now and then.
bool is_past(const decision_filter& wanted, const store::listed_row& row) {
  return wanted.since && row.created_at < *wanted.since - std::chrono::hours{1};
}

} // namespace

store::stream_append append_of(const std::string& tenant,
                               const decision_record& x) {
  store::stream_append result;
  result.stream = {decision_shelf::kind, tenant, x.id};
  result.events.push_back(nothing);
  result.summary.emplace();
  add_field(*result.summary, "model", x.result.model);
  add_field(*result.summary, "principal", x.whose.principal);
  add_field(*result.summary, "key", x.whose.key);
  result.summary->body = wire::to_msgpack(x);
  return result;
}

caf::expected<decision_record> decision_of(const store::summary_row& row) {
  auto result = wire::from_msgpack<decision_record>(row.body);
  if (!result)
    return make_error(ec::corrupt, "a decision does not read: "
                                     + message_of(result.error()));
  return result;
}

caf::expected<decision_page>
list_decisions(const decision_lister& list, const decision_filter& wanted,
               const std::string& cursor, size_t limit, size_t max_looked_at) {
  decision_page result;
  result.next_cursor = cursor;
  for (size_t looked = 0; looked < max_looked_at;) {
    auto count = std::min(rows_of_page, limit - result.items.size());
    auto page = list(query_of(wanted, result.next_cursor, count));
    if (!page)
      return std::move(page.error());
    result.next_cursor = page->next_cursor;
    looked += std::max<size_t>(page->rows.size(), 1);
    for (auto& row : page->rows) {
      if (is_past(wanted, row)) {
        result.next_cursor.clear();
        return result;
      }
      auto x = decision_of(row.summary);
      if (x && is_wanted(wanted, *x))
        result.items.push_back(std::move(*x));
    }
    if (result.next_cursor.empty() || result.items.size() == limit)
      return result;
  }
  return result;
}

decision_line line_of(const decision_record& x) {
  decision_line result;
  result.id = x.id;
  result.at = x.at;
  result.ended_at = x.ended_at;
  result.project = x.whose.project;
  result.principal = x.whose.principal;
  result.key = x.whose.key;
  result.asked = x.asked.model;
  result.job = x.asked.job;
  result.policy = x.asked.policy;
  result.end = x.result.end;
  result.model = x.result.model;
  result.provider = x.result.provider;
  result.cost = x.result.cost;
  result.took = x.result.took;
  result.tries = x.tries.size();
  result.why = x.chosen.why;
  if (!x.chosen.candidates.empty()) {
    result.expected = x.chosen.candidates.front().expected;
    result.explored = x.chosen.candidates.front().explored;
  }
  return result;
}

caf::expected<decision_replay>
replay_decisions(const decision_lister& list, const decision_filter& wanted,
                 size_t limit, const catalogue& from,
                 const routing_policy& policy,
                 const std::function<bool()>& go_on) {
  decision_replay result;
  std::vector<routed_call> calls;
  std::string cursor;
  do {
    if (!go_on())
      return make_error(ec::timeout,
                        "there are more decisions in that time than can be "
                        "read for one answer; ask for a shorter one with since "
                        "and until, or for fewer with limit");
    auto page = list_decisions(list, wanted, cursor,
                               std::min(rows_of_page, limit - calls.size()));
    if (!page)
      return std::move(page.error());
    for (auto& x : page->items) {
      auto call = routed_of(x);
      if (!call) {
        ++result.unanswered;
        continue;
      }
      calls.push_back(std::move(*call));
      result.first = x.ended_at;
      if (!result.last)
        result.last = x.ended_at;
    }
    cursor = page->next_cursor;
  } while (!cursor.empty() && calls.size() < limit);
  result.is_part = !cursor.empty();
  std::reverse(calls.begin(), calls.end());
  static_cast<replay_report&>(result) = replay(calls, from, policy, {});
  result.policy = policy.name;
  return result;
}

} // namespace machine::models

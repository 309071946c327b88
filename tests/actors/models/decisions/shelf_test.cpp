#include "actors/models/decisions/shelf.hpp"

#include "runtime/wire/wire.hpp"
#include "tests/actors/models/decisions/decision_example.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;
using test::example_decision;

namespace {

const timestamp start = timestamp{std::chrono::hours{24 * 20'000}};

constexpr const char* catalogue_text = R"(
[provider.one]
protocol = "openai"
url = "http://127.0.0.1:1/v1"

[model.small]
provider = "one"
context = 100000
max_output = 10000
price = { input = "1", output = "1" }
quality = { general = 0.7 }

[model.big]
provider = "one"
context = 100000
max_output = 10000
price = { input = "10", output = "10" }
quality = { general = 0.9 }
)";

/// A store that holds what a test puts there, the newest first.
struct paper_shelf {
  std::vector<store::listed_row> rows;
  size_t asked = 0;

  void put(const decision_record& x) {
    auto made = append_of("acme", x);
    store::listed_row row;
    row.stream = made.stream;
    row.created_at = x.ended_at + duration{100};
    row.summary = std::move(*made.summary);
    rows.insert(rows.begin(), std::move(row));
  }

  decision_lister lister() {
    return [this](store::query what) -> caf::expected<store::page> {
      ++asked;
      store::page result;
      auto from = what.cursor.empty() ? size_t{0} : std::stoul(what.cursor);
      for (auto i = from; i < rows.size(); ++i) {
        auto& fields = rows[i].summary.fields;
        auto fits =
          std::all_of(what.where.begin(), what.where.end(), [&](auto& x) {
            auto found = fields.find(x.first);
            return found != fields.end() && found->second == x.second;
          });
        if (!fits)
          continue;
        if (result.rows.size() == what.limit) {
          result.next_cursor = std::to_string(i);
          return result;
        }
        result.rows.push_back(rows[i]);
      }
      return result;
    };
  }
};

std::vector<std::string> ids(const decision_page& x) {
  std::vector<std::string> result;
  for (auto& one : x.items)
    result.push_back(one.id);
  return result;
}

caf::expected<decision_replay> replayed(paper_shelf& shelf, preference prefer,
                                        size_t limit = 100) {
  auto known = load_catalogue({}, catalogue_text, "test");
  REQUIRE(known);
  routing_policy policy;
  policy.name = "other";
  policy.prefer = prefer;
  return replay_decisions(shelf.lister(), {}, limit, *known, policy,
                          [] { return true; });
}

} // namespace

TEST_CASE("decisions are listed by model, principal, key and time") {
  paper_shelf shelf;
  for (uint64_t i = 0; i < 6; ++i)
    shelf.put(example_decision(start + std::chrono::hours{i}, i,
                               i % 2 == 0 ? "small" : "big"));
  auto last = example_decision(start + std::chrono::hours{6}, 6);
  last.whose.principal = "bob";
  last.whose.key = "k2";
  shelf.put(last);
  auto list = [&](decision_filter wanted) {
    auto page = list_decisions(shelf.lister(), wanted, "", 100);
    REQUIRE(page);
    CHECK(page->next_cursor.empty());
    return page->items.size();
  };
  CHECK(list({}) == 7);
  CHECK(list({.model = "big"}) == 3);
  CHECK(list({.principal = "bob"}) == 1);
  CHECK(list({.key = "k1"}) == 6);
  CHECK(list({.model = "big", .key = "k2"}) == 0);
  auto third = start + std::chrono::hours{3};
  CHECK(list({.since = third}) == 4);
  CHECK(list({.until = third}) == 3);
  CHECK(list({.since = third, .until = third + std::chrono::hours{1}}) == 1);
}

TEST_CASE("pages of decisions leave none out and show none twice") {
  paper_shelf shelf;
  for (uint64_t i = 0; i < 7; ++i)
    shelf.put(example_decision(start, i));
  std::vector<std::string> seen;
  std::string cursor;
  do {
    auto page = list_decisions(shelf.lister(), {}, cursor, 3);
    REQUIRE(page);
    CHECK(page->items.size() <= 3);
    for (auto& id : ids(*page))
      seen.push_back(id);
    cursor = page->next_cursor;
  } while (!cursor.empty());
  REQUIRE(seen.size() == 7);
  CHECK(seen.front() == new_call_id(start, 6, 6));
  CHECK(seen.back() == new_call_id(start, 0, 0));
}

TEST_CASE("a list looks at no more than it may, and says where it goes on") {
  paper_shelf shelf;
  for (uint64_t i = 0; i < 100; ++i)
    shelf.put(example_decision(start, i));
  decision_filter wanted;
  wanted.until = start;
  auto page = list_decisions(shelf.lister(), wanted, "", 10, 50);
  REQUIRE(page);
  CHECK(page->items.empty());
  CHECK(page->next_cursor == "50");
}

TEST_CASE("a list ends where older decisions begin") {
  paper_shelf shelf;
  for (uint64_t i = 0; i < 100; ++i)
    shelf.put(example_decision(start + std::chrono::hours{i}, i));
  decision_filter wanted;
  wanted.since = start + std::chrono::hours{95};
  auto page = list_decisions(shelf.lister(), wanted, "", 10);
  REQUIRE(page);
  CHECK(page->items.size() == 5);
  CHECK(page->next_cursor.empty());
  CHECK(shelf.asked == 1);
}

TEST_CASE("what is kept of a decision is bounded") {
  auto x = example_decision(start, 1);
  x.chosen.candidates.resize(1'000);
  x.chosen.rejections.assign(2'000, {"m", std::string(5'000, 'x')});
  x.result.why = std::string(299, 'x') + "\u00E9\u00E9";
  for (int i = 0; i < 1'000; ++i)
    x.needs->excluded.emplace("m" + std::to_string(i), "no");
  auto kept = trimmed(x);
  CHECK(kept.candidates == 1'000);
  CHECK(kept.rejections == 2'000);
  CHECK(kept.chosen.candidates.size() == max_kept_candidates);
  CHECK(kept.chosen.candidates.front() == x.chosen.candidates.front());
  CHECK(kept.chosen.rejections.size() == max_kept_rejections);
  CHECK(kept.chosen.rejections[0].reason.size() == max_kept_reason);
  CHECK(kept.result.why == std::string(299, 'x'));
  CHECK(!kept.needs);
  CHECK(wire::to_msgpack(kept).size() < 200u << 10);
}

TEST_CASE("only what a model has answered can be replayed") {
  auto x = example_decision(start, 1);
  auto call = routed_of(x);
  REQUIRE(call);
  CHECK(call->seen.model == "small");
  CHECK(call->seen.cost == 15);
  CHECK(call->seen.output_tokens == 5u);
  CHECK(call->usage == token_usage{10, 0, 5});
  auto cached = x;
  cached.result.end = decision_end::cached;
  CHECK(!routed_of(cached));
  auto failed = x;
  failed.result.end = decision_end::failed;
  CHECK(!routed_of(failed));
  x.needs.reset();
  CHECK(!routed_of(x));
}

TEST_CASE("another policy has another bill") {
  paper_shelf shelf;
  for (uint64_t i = 0; i < 10; ++i)
    shelf.put(example_decision(start + duration{1'000 * i}, i));
  auto failed = example_decision(start, 11);
  failed.result.end = decision_end::failed;
  shelf.put(failed);
  auto best = replayed(shelf, preference::best);
  REQUIRE(best);
  CHECK(best->policy == "other");
  CHECK(best->calls == 10);
  CHECK(best->changed == 10);
  CHECK(best->unanswered == 1);
  CHECK(best->was.cost == 150);
  CHECK(best->would.cost == 1'500);
  CHECK(best->was.chosen == std::map<std::string, uint64_t>{{"small", 10}});
  CHECK(best->would.chosen == std::map<std::string, uint64_t>{{"big", 10}});
  CHECK(best->would.quality > best->was.quality);
  CHECK(best->first == example_decision(start, 0).ended_at);
  CHECK(best->last == example_decision(start + duration{9'000}, 9).ended_at);
  CHECK(!best->is_part);
  auto same = replayed(shelf, preference::cheap);
  REQUIRE(same);
  CHECK(same->changed == 0);
  CHECK(same->would == same->was);
  auto part = replayed(shelf, preference::cheap, 4);
  REQUIRE(part);
  CHECK(part->calls == 4);
  CHECK(part->is_part);
  CHECK(part->first == example_decision(start + duration{6'000}, 6).ended_at);
}

TEST_CASE("a replay that takes too long gives no half of a sum") {
  paper_shelf shelf;
  shelf.put(example_decision(start, 1));
  auto late =
    replay_decisions(shelf.lister(), {}, 10, {}, {}, [] { return false; });
  REQUIRE(!late);
  CHECK(code_of(late.error()) == ec::timeout);
}

#pragma once

#include "tests/runtime/store/conformance/support.hpp"

#include <atomic>
#include <thread>

#include <algorithm>
#include <random>
#include <set>

namespace machine::test {

using row_fields = std::map<std::string, std::string>;

inline void put_row(store::engine& engine, const std::string& id,
                    uint64_t expected, row_fields fields) {
  auto part = events({"run", "t", id}, expected, {"x"});
  part.summary = store::summary_row{std::move(fields), to_bytes("row " + id)};
  auto stored = append(engine, batch_of(std::move(part)));
  REQUIRE(stored);
}

/// The ids of all rows, page by page.
inline texts listed(store::engine& engine, store::query what) {
  texts result;
  for (;;) {
    auto page = engine.list(what);
    if (!page)
      FAIL(render(page.error()));
    REQUIRE(page->rows.size() <= what.limit);
    for (auto& row : page->rows)
      result.push_back(row.stream.id);
    if (page->next_cursor.empty())
      return result;
    what.cursor = page->next_cursor;
  }
}

/// Rows r0 to r24, of which each fifth is done and each second ann's.
inline void put_rows(store::engine& engine) {
  for (int i = 0; i < 25; ++i)
    put_row(engine, "r" + std::to_string(i), 0,
            {{"state", i % 5 == 0 ? "done" : "open"},
             {"owner", i % 2 == 0 ? "ann" : "bob"}});
}

constexpr auto oldest_first = store::query::direction::oldest_first;

inline void check_lists(const store_under_test& it) {
  auto engine = it.open();
  put_rows(*engine);
  store::query all{"run", "t", {}, "", 10, {}};
  SECTION("pages go through all rows, newest first or oldest first") {
    auto newest = listed(*engine, all);
    REQUIRE(newest.size() == 25);
    CHECK(newest.front() == "r24");
    CHECK(newest.back() == "r0");
    all.order = oldest_first;
    auto oldest = listed(*engine, all);
    std::reverse(oldest.begin(), oldest.end());
    CHECK(oldest == newest);
    all.limit = 1;
    CHECK(listed(*engine, all).size() == 25);
  }
  SECTION("the last page has no cursor, even if it is full") {
    all.limit = 25;
    CHECK(engine->list(all)->next_cursor.empty());
    all.limit = 24;
    CHECK(!engine->list(all)->next_cursor.empty());
    all.limit = 1'000;
    CHECK(engine->list(all)->next_cursor.empty());
    all.where = {{"state", "done"}};
    all.limit = 5;
    CHECK(engine->list(all)->next_cursor.empty());
  }
  SECTION("filters hold together, and follow a row that changes") {
    all.where = {{"state", "done"}};
    CHECK(listed(*engine, all) == texts{"r20", "r15", "r10", "r5", "r0"});
    all.where = {{"state", "done"}, {"owner", "bob"}};
    CHECK(listed(*engine, all) == texts{"r15", "r5"});
    put_row(*engine, "r15", 1, {{"state", "open"}, {"owner", "bob"}});
    put_row(*engine, "r1", 1, {{"state", "done"}, {"owner", "bob"}});
    CHECK(listed(*engine, all) == texts{"r5", "r1"});
    all.order = oldest_first;
    CHECK(listed(*engine, all) == texts{"r1", "r5"});
    put_row(*engine, "r5", 1, {});
    CHECK(listed(*engine, all) == texts{"r1"});
    all.where = {{"state", "none"}};
    CHECK(listed(*engine, all).empty());
    all.where = {{"nothing", "done"}};
    CHECK(listed(*engine, all).empty());
  }
  SECTION("a name and a value are not mixed up") {
    put_row(*engine, "odd", 0, {{"ab", "c"}, {"empty", ""}});
    all.where = {{"a", "bc"}};
    CHECK(listed(*engine, all).empty());
    all.where = {{"empty", ""}};
    CHECK(listed(*engine, all) == texts{"odd"});
  }
  SECTION("other tenants and kinds do not appear") {
    auto part = events({"run", "other", "secret"}, 0, {"x"});
    part.summary = store::summary_row{{{"state", "open"}}, {}};
    REQUIRE(append(*engine, batch_of(part)));
    CHECK(listed(*engine, all).size() == 25);
    CHECK(listed(*engine, {"run", "other"}) == texts{"secret"});
    CHECK(listed(*engine, {"run", "other", {{"state", "open"}}})
          == texts{"secret"});
    CHECK(listed(*engine, {"task", "t"}).empty());
    // A tenant whose name begins like another's, or ends an order.
    CHECK(listed(*engine, {"run", "o"}).empty());
    CHECK(listed(*engine, {"run", "tt"}).empty());
    CHECK(listed(*engine, {"ru", "t"}).empty());
  }
  SECTION("a stream without a row is in no list, until it has one") {
    REQUIRE(append(*engine, batch_of({"run", "t", "bare"}, 0, {"x"})));
    CHECK(code(engine->read_summary({"run", "t", "bare"})) == ec::not_found);
    put_row(*engine, "late", 0, {});
    CHECK(listed(*engine, all).size() == 26);
    put_row(*engine, "bare", 1, {});
    auto now = listed(*engine, all);
    CHECK(now.size() == 27);
    // By the time of its first event, not of its row.
    CHECK(texts(now.begin(), now.begin() + 2) == texts{"late", "bare"});
  }
  SECTION("one row is found by its name") {
    put_row(*engine, "r7", 1, {{"state", "open"}});
    auto row = engine->read_summary({"run", "t", "r7"});
    REQUIRE(row);
    CHECK(as_text(row->summary.body) == "row r7");
    CHECK(row->summary.fields == row_fields{{"state", "open"}});
    CHECK(row->stream == store::stream_id{"run", "t", "r7"});
    CHECK(row->last_seq == 2);
    CHECK(row->updated_at >= row->created_at);
    CHECK(row->created_at > timestamp{});
    CHECK(code(engine->read_summary({"run", "t", "r99"})) == ec::not_found);
  }
  SECTION("a row that stays as it is tells how far its log has come") {
    REQUIRE(append(*engine, batch_of({"run", "t", "r7"}, 1, {"2", "3"})));
    auto row = engine->read_summary({"run", "t", "r7"});
    REQUIRE(row);
    CHECK(row->last_seq == 3);
    CHECK(as_text(row->summary.body) == "row r7");
    auto page = engine->list({"run", "t", {}, "", 25, {}});
    REQUIRE(page);
    auto& same = page->rows[17];
    CHECK(same.stream.id == "r7");
    CHECK(same.last_seq == 3);
    CHECK(same.updated_at == row->updated_at);
  }
  SECTION("rows and their order survive a restart") {
    auto before = listed(*engine, all);
    engine = nullptr;
    engine = it.open();
    CHECK(listed(*engine, all) == before);
  }
}

inline void check_cursors(const store_under_test& it) {
  auto engine = it.open();
  put_rows(*engine);
  store::query all{"run", "t", {}, "", 10, {}};
  SECTION("pages neither repeat nor skip while rows are added and changed") {
    for (auto order : {store::query::direction::newest_first, oldest_first}) {
      all.order = order;
      all.cursor = "";
      std::set<std::string> seen;
      size_t count = 0;
      for (uint64_t n = 0;; ++n) {
        auto page = engine->list(all);
        REQUIRE(page);
        for (auto& row : page->rows)
          seen.insert(row.stream.id);
        count += page->rows.size();
        if (page->next_cursor.empty())
          break;
        all.cursor = page->next_cursor;
        if (n < 2)
          put_row(*engine, "r" + std::to_string(10 + n),
                  *engine->last_seq({"run", "t", "r" + std::to_string(10 + n)}),
                  {{"state", "done"}});
        if (n < 2)
          put_row(*engine,
                  (order == oldest_first ? "old" : "new") + std::to_string(n),
                  0, {});
      }
      CHECK(seen.size() == count);
      for (int i = 0; i < 25; ++i)
        CHECK(seen.count("r" + std::to_string(i)) == 1);
    }
  }
  SECTION("pages of a filter hold whatever others write meanwhile") {
    // Ann's rows with even numbers change, all others do not.
    all.limit = 3;
    all.where = {{"state", "open"}, {"owner", "bob"}};
    auto steady = listed(*engine, all);
    REQUIRE(steady.size() == 10);
    std::atomic<bool> stop{false};
    std::thread busy{[&] {
      for (uint64_t n = 1; !stop; ++n)
        for (int i = 0; i < 25 && !stop; i += 2) {
          store::stream_append part =
            events({"run", "t", "r" + std::to_string(i)}, n, {"x"});
          part.summary =
            store::summary_row{{{"state", n % 2 == 0 ? "done" : "open"},
                                {"owner", n % 3 == 0 ? "ann" : "eve"}},
                               {}};
          static_cast<void>(append(*engine, batch_of(std::move(part))));
        }
    }};
    for (int round = 0; round < 50; ++round) {
      for (auto order : {store::query::direction::newest_first, oldest_first}) {
        all.order = order;
        auto now = listed(*engine, all);
        if (order == oldest_first)
          std::reverse(now.begin(), now.end());
        CHECK(now == steady);
        // What changes may be there or not, but never as what it is not.
        auto page = engine->list({"run", "t", {{"owner", "ann"}}, "", 25, {}});
        REQUIRE(page);
        for (auto& row : page->rows)
          CHECK(row.summary.fields.at("owner") == "ann");
      }
    }
    stop = true;
    busy.join();
  }
  SECTION("garbage is refused") {
    for (auto& bad : {std::string("../../etc"), std::string(100, '9'),
                      std::string("1"), std::string(32, '0'),
                      std::string(32, 'f'), std::string(1u << 20, 'x')}) {
      all.cursor = bad;
      CHECK(code(engine->list(all)) == ec::invalid_argument);
    }
    all.cursor = "";
    for (size_t bad : {size_t{0}, size_t{1'001}, SIZE_MAX}) {
      all.limit = bad;
      CHECK(code(engine->list(all)) == ec::invalid_argument);
    }
    all.limit = 10;
    all.where = {{std::string(65, 'n'), "v"}};
    CHECK(code(engine->list(all)) == ec::invalid_argument);
  }
  SECTION("a cursor is of one list only") {
    auto cursor = engine->list(all)->next_cursor;
    REQUIRE(!cursor.empty());
    auto other = all;
    other.cursor = cursor;
    other.order = oldest_first;
    CHECK(code(engine->list(other)) == ec::invalid_argument);
    other.order = all.order;
    other.where = {{"state", "open"}};
    CHECK(code(engine->list(other)) == ec::invalid_argument);
    other.where = {};
    other.tenant = "u";
    CHECK(code(engine->list(other)) == ec::invalid_argument);
    other.tenant = "t";
    other.limit = 3;
    CHECK(engine->list(other)->rows.size() == 3);
  }
}

/// Compares lists with a walk over all rows, for many rows and filters.
inline void check_filters(const store_under_test& it) {
  auto engine = it.open();
  std::mt19937 random{20'261'124};
  auto pick = [&](int n) { return static_cast<int>(random() % n); };
  std::vector<row_fields> rows(60);
  std::vector<uint64_t> lengths(rows.size());
  for (int change = 0; change < 200; ++change) {
    auto i =
      change < 60 ? static_cast<size_t>(change) : static_cast<size_t>(pick(60));
    rows[i].clear();
    for (int field = 0; field < 4; ++field)
      if (pick(4) != 0)
        rows[i]["f" + std::to_string(field)] = std::to_string(pick(3));
    put_row(*engine, std::to_string(i), lengths[i]++, rows[i]);
  }
  for (int trial = 0; trial < 100; ++trial) {
    store::query what{"run", "t", {}, "", static_cast<size_t>(1 + pick(20)),
                      {}};
    if (pick(2) == 0)
      what.order = oldest_first;
    for (int field = pick(4); field > 0; --field)
      what.where["f" + std::to_string(pick(4))] = std::to_string(pick(3));
    texts expected;
    for (size_t i = 0; i < rows.size(); ++i)
      if (std::all_of(what.where.begin(), what.where.end(), [&](auto& wanted) {
            auto found = rows[i].find(wanted.first);
            return found != rows[i].end() && found->second == wanted.second;
          }))
        expected.push_back(std::to_string(i));
    if (what.order != oldest_first)
      std::reverse(expected.begin(), expected.end());
    REQUIRE(listed(*engine, what) == expected);
  }
}

} // namespace machine::test

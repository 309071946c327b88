#include "actors/costs/report/csv.hpp"
#include "actors/costs/report/top.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/actors/costs/report/spending.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace machine;
using namespace machine::test;

namespace {

void add(spending& sum, const spending& x) {
  sum.calls += x.calls;
  sum.failed += x.failed;
  sum.cancelled += x.cancelled;
  sum.uncounted += x.uncounted;
  sum.tokens.input += x.tokens.input;
  sum.tokens.cached += x.tokens.cached;
  sum.tokens.output += x.tokens.output;
  sum.cost += x.cost;
}

report report_of(const std::vector<call_line>& lines, std::vector<dimension> by,
                 line_filter filter = {}, size_t rows = max_report_rows) {
  report_maker maker{std::move(by), std::move(filter), rows};
  for (auto& x : lines)
    maker.add({x, x.at});
  return maker.make();
}

std::vector<dimension> some_dimensions() {
  std::vector<dimension> result;
  for (auto& [name, value] : wire_names(dimension{}))
    if (result.size() < max_dimensions && *rc::gen::inRange(0, 3) == 0)
      result.push_back(value);
  return result;
}

} // namespace

TEST_CASE("rows are what their lines are, to the micro-dollar") {
  CHECK(rc::check([] {
    auto lines = some_lines();
    auto by = some_dimensions();
    auto limit = *rc::gen::element<size_t>(1, 5, max_report_rows);
    auto made = report_of(lines, by, {}, limit);
    spending sum;
    for (auto& row : made.rows)
      add(sum, row.sum);
    if (made.other)
      add(sum, *made.other);
    spending expected;
    for (auto& x : lines) {
      if (x.of_run)
        continue;
      spending one{1};
      one.cost = x.cost;
      one.failed = x.end == call_end::failed || x.end == call_end::lost;
      one.cancelled = x.end == call_end::cancelled || x.end == call_end::cut;
      one.uncounted = !x.usage;
      if (x.usage)
        one.tokens = *x.usage;
      add(expected, one);
    }
    RC_ASSERT(made.rows.size() <= limit);
    auto total = made.total;
    total.average_latency = {};
    RC_ASSERT(total == expected);
    RC_ASSERT(by.empty() || sum == expected);
  }));
}

TEST_CASE("what is filtered by each value of a dimension makes the whole") {
  CHECK(rc::check([] {
    auto lines = some_lines();
    auto by = *rc::gen::element(dimension::model, dimension::key,
                                dimension::day, dimension::month);
    auto whole = report_of(lines, {by});
    for (auto& row : whole.rows) {
      line_filter only;
      only.values[by] = row.of.begin()->second;
      RC_ASSERT(report_of(lines, {}, only).total == row.sum);
    }
  }));
}

TEST_CASE("a report cut at an instant is the two parts of the whole") {
  CHECK(rc::check([] {
    auto lines = some_lines();
    auto cut = noon + std::chrono::minutes{*rc::gen::inRange(0, 100'000)};
    auto before = report_of(lines, {}, {{}, cut}).total;
    auto after = report_of(lines, {}, {cut}).total;
    RC_ASSERT(before.cost + after.cost == report_of(lines, {}).total.cost);
  }));
}

TEST_CASE("rows are in the order of time, and the dearest first") {
  auto a = call_of("a", 1);
  auto b = call_of("b", 2);
  a.at = b.at = noon;
  auto late = call_of("c", 9);
  late.at = noon + std::chrono::hours{24};
  auto made = report_of({late, a, b}, {dimension::model, dimension::day});
  REQUIRE(made.rows.size() == 3);
  CHECK(made.rows[0].of
        == std::map<std::string, std::string>{{"model", "b"},
                                              {"day", "2026-11-24"}});
  CHECK(made.rows[1].of.at("model") == "a");
  CHECK(made.rows[2].of.at("day") == "2026-11-25");
}

TEST_CASE("a call with several tags counts once") {
  auto x = call_of("m", 5);
  x.whose.tags = {"web", "beta", "web"};
  auto made = report_of({x}, {dimension::tag});
  REQUIRE(made.rows.size() == 1);
  CHECK(made.rows[0].of.at("tag") == "beta, web");
  line_filter web;
  web.values[dimension::tag] = "web";
  CHECK(report_of({x}, {}, web).total.cost == 5);
}

TEST_CASE("times are those of UTC") {
  auto x = call_of("m", 5);
  x.at = noon + std::chrono::minutes{59};
  CHECK(value_of({x, x.at}, dimension::hour) == "2026-11-24T10:00Z");
  CHECK(value_of({x, x.at}, dimension::day) == "2026-11-24");
  CHECK(value_of({x, x.at}, dimension::month) == "2026-11");
}

TEST_CASE("latency is that of calls with an answer") {
  auto fast = call_of("m", 1);
  auto slow = call_of("m", 1);
  slow.took = duration{301};
  auto failed = call_of("m", 1);
  failed.end = call_end::failed;
  failed.took = duration{60'000};
  CHECK(report_of({fast, slow, failed}, {}).total.average_latency
        == duration{200});
}

TEST_CASE("what providers count cannot overflow a sum") {
  auto x = call_of("m", INT64_MAX - 1);
  x.usage = models::token_usage{UINT64_MAX};
  auto made = report_of({x, x}, {dimension::model});
  CHECK(made.total.tokens.input == UINT64_MAX);
  CHECK(made.total.cost == INT64_MAX);
}

TEST_CASE("dimensions are read, and mistakes are named") {
  CHECK(*read_dimensions("model,day")
        == std::vector{dimension::model, dimension::day});
  for (auto* bad : {"", "model,", "model,model", "model,day,key,run"})
    CHECK(!read_dimensions(bad));
  auto bad = read_dimensions("modle");
  REQUIRE(!bad);
  CHECK(code_of(bad.error()) == ec::invalid_argument);
  CHECK(message_of(bad.error()).find("did you mean model?")
        != std::string::npos);
}

TEST_CASE("a cell of CSV is quoted where it must be") {
  CHECK(csv_cell("gpt-5") == "gpt-5");
  CHECK(csv_cell("") == "");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_cell("two\nlines") == "\"two\nlines\"");
}

TEST_CASE("no cell of CSV is a formula") {
  CHECK(csv_cell("=1+1") == "'=1+1");
  CHECK(csv_cell("@SUM(A1)") == "'@SUM(A1)");
  CHECK(csv_cell("=HYPERLINK(\"http://x\",\"y\")")
        == "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
  CHECK(rc::check("whatever the text is", [](const std::string& text) {
    auto cell = csv_cell(text);
    auto first = cell.starts_with('"') ? cell.substr(1, 1) : cell.substr(0, 1);
    RC_ASSERT(first.empty()
              || std::string{"=+-@\t\r"}.find(first) == std::string::npos);
  }));
}

TEST_CASE("a report is CSV") {
  auto x = call_of("=m", 1'500'001);
  x.at = noon;
  x.usage = models::token_usage{10, 20, 30, 1, 2};
  auto made = report_of({x, call_of("n", 7)}, {dimension::model}, {}, 1);
  CHECK(to_csv(made)
        == "model,calls,failed,cancelled,uncounted,input_tokens,cached_tokens,"
           "cache_write_tokens,image_tokens,audio_tokens,output_tokens,"
           "audio_output_tokens,reasoning_tokens,cost_usd,average_latency_ms"
           "\r\n"
           "'=m,1,0,0,0,10,20,3,0,0,30,0,0,1.500001,100\r\n"
           "other,1,0,0,1,0,0,0,0,0,0,0,0,0.000007,100\r\n");
  CHECK(to_csv(report_of({x}, {})).find("\r\n1,0,0,0,10,")
        != std::string::npos);
}

TEST_CASE("every line of CSV has as many cells") {
  CHECK(rc::check([] {
    auto by = some_dimensions();
    auto text = to_csv(report_of(some_lines(), by));
    auto quoted = false;
    size_t cells = 1;
    for (auto c : text) {
      quoted = quoted != (c == '"');
      if (c == ',' && !quoted)
        ++cells;
      if (c == '\n' && !quoted) {
        RC_ASSERT(cells == by.size() + 14);
        cells = 1;
      }
    }
    RC_ASSERT(text.ends_with("\r\n"));
  }));
}

TEST_CASE("a report is JSON that reads") {
  auto x = call_of("m", 5);
  x.at = noon;
  auto made = report_of({x}, {dimension::model, dimension::day}, {noon});
  auto read = wire::from_json<report>(wire::to_json(made));
  REQUIRE(read);
  CHECK(*read == made);
}

TEST_CASE("who spends most of late is first") {
  top_maker maker{noon};
  auto old = call_of("old", 100 * dollar);
  maker.add({old, noon - duration{1}});
  for (auto& x : {call_of("a", 1, "k"), call_of("b", 3), call_of("c", 2, "k"),
                  call_of("d", 4)})
    maker.add({x, noon});
  auto top = maker.make(2);
  CHECK(top.calls == 4);
  CHECK(top.cost == 10);
  CHECK(top.models == std::vector<top_row>{{"d", 1, 4}, {"b", 1, 3}});
  // Calls without a key are no row.
  CHECK(top.keys == std::vector<top_row>{{"k", 2, 3}});
  CHECK(top.runs.empty());
}

#include "actors/orchestrator/workflow/jq_batch.hpp"

#include "actors/orchestrator/workflow/jq.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace machine;
using namespace machine::orchestrator;

namespace {

/// The places of those of *programs* that are no jq.
std::set<size_t> wrong(const std::vector<std::string>& programs) {
  std::set<size_t> result;
  jq_check_budget time{duration{10'000}};
  check_all_jq(programs, time, [&](size_t i, const caf::error& why) {
    CHECK(!message_of(why).empty());
    result.insert(i);
    return true;
  });
  return result;
}

} // namespace

TEST_CASE("expressions that are compiled together are judged one by one") {
  std::vector<std::string> programs{
    ".a",
    "",
    ".a |",
    "1) + (2",
    "# )",
    ".b # (",
    "\"a",
    "b\"",
    "\"\\(.a",
    ")\"",
    "def f: 1; f",
    "f",
    "def g: 1;",
    ". as $x | $x",
    "$x",
    "[1, {a: 2}]",
    "[1",
    "]",
    "env",
    "if . then 1 else 2 end",
    "if . then 1",
    "reduce .[] as $x (0; . + $x)",
    std::string(17'000, ' '),
    "\"(\" + .a",
    "1 # \\",
  };
  std::set<size_t> expected;
  for (size_t i = 0; i < programs.size(); ++i)
    if (!check_jq(programs[i]))
      expected.insert(i);
  CHECK(expected.size() > 9);
  CHECK(wrong(programs) == expected);
  std::vector<std::string> many;
  for (int i = 0; i < 500; ++i)
    many.push_back(".a + " + std::to_string(i));
  CHECK(wrong(many).empty());
  many[77] = "nothing";
  many[300] = ".";
  many[499] = ".a |";
  CHECK(wrong(many) == std::set<size_t>{77, 499});
  CHECK(wrong({}).empty());
}

TEST_CASE("no more mistakes are looked for than somebody wants to hear of") {
  size_t count = 0;
  jq_check_budget time{duration{10'000}};
  check_all_jq(std::vector<std::string>(100, "nothing"), time,
               [&](size_t, const caf::error&) { return ++count < 3; });
  CHECK(count == 3);
}

TEST_CASE("programs that compile slowly together are not all looked at") {
  // Each label is looked for through all of those around it.
  std::string slow;
  for (int i = 0; i < 1'200; ++i)
    slow += "label $l|";
  slow += "break $l";
  std::vector<std::string> programs(20, slow);
  for (size_t i = 0; i < programs.size(); ++i)
    programs[i] += "|" + std::to_string(i);
  jq_check_budget time{duration{300}};
  std::vector<ec> said;
  check_all_jq(programs, time, [&](size_t, const caf::error& why) {
    said.push_back(code_of(why));
    return true;
  });
  CHECK(said == std::vector<ec>{ec::timeout});
}

TEST_CASE("what programs take to compile adds up") {
  jq_check_budget time{duration{50}};
  ec said = ec::none;
  auto count = 0;
  for (; count < 100'000 && said == ec::none; ++count)
    if (auto ok = time.check(".a + " + std::to_string(count)); !ok)
      said = code_of(ok.error());
  CHECK(said == ec::timeout);
  // None of them takes as long by itself.
  CHECK(count > 2);
}

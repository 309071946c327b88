#include "actors/costs/purse/journal.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace machine;
using namespace machine::costs;

namespace {

call_line line(uint64_t number, micro_usd cost) {
  call_line x;
  x.number = number;
  x.cost = cost;
  x.reserved = 500;
  x.call = "d-1";
  x.budgets = {"all@1"};
  return x;
}

journal_record begun(uint64_t call, uint64_t last_line = 0) {
  return call_begun{"t", "n-1", call, line(last_line, 0)};
}

journal_record ended(uint64_t call, uint64_t number, micro_usd cost) {
  return call_ended{"t", "n-1", call, line(number, cost)};
}

std::vector<unfinished_business>
left_by(const std::vector<journal_record>& records) {
  std::string text = frame(journal_opened{"n-1", "b"});
  for (auto& x : records)
    text += frame(x);
  return business_of(read_journal(text));
}

} // namespace

TEST_CASE("calls that never ended are lost, and cost what was set aside") {
  auto all = left_by({begun(1), begun(2), ended(2, 1, 30), begun(3)});
  REQUIRE(all.size() == 1);
  auto& lines = all[0].lines;
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == line(1, 30));
  for (size_t i = 1; i < 3; ++i) {
    CHECK(lines[i].number == i + 1);
    CHECK(lines[i].end == call_end::lost);
    CHECK(lines[i].cost == 500);
  }
}

TEST_CASE("a holder without calls may hold money, and is closed, too") {
  auto all = left_by({holder_opened{"t", "n-1"}, holder_opened{"u", "n-1"}});
  REQUIRE(all.size() == 2);
  CHECK(all[0].tenant == "t");
  CHECK(all[1].tenant == "u");
  CHECK(all[1].lines.empty());
}

TEST_CASE("numbers go on after lines that the journal no longer has") {
  auto all = left_by({begun(7, 41)});
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].lines.size() == 1);
  CHECK(all[0].lines[0].number == 42);
}

TEST_CASE("a journal that is cut off anywhere says what stood before") {
  std::string text = frame(journal_opened{"n-1", "b"});
  std::vector<size_t> ends;
  for (uint64_t i = 1; i <= 5; ++i) {
    text += frame(begun(i));
    ends.push_back(text.size());
  }
  for (size_t size = 0; size <= text.size(); ++size) {
    auto read = read_journal(text.substr(0, size));
    auto whole = static_cast<size_t>(std::count_if(
      ends.begin(), ends.end(), [&](auto end) { return end <= size; }));
    CHECK(read.records.size() == whole);
  }
  CHECK(read_journal(text).is_whole);
}

TEST_CASE("a journal that is damaged ends before the damage") {
  CHECK(rc::check([] {
    std::string text = frame(journal_opened{"n-1", "b"});
    auto first = text.size();
    for (uint64_t i = 1; i <= 5; ++i)
      text += frame(begun(i));
    auto at = *rc::gen::inRange<size_t>(first, text.size());
    text[at] = static_cast<char>(text[at] ^ *rc::gen::inRange(1, 256));
    auto read = read_journal(text);
    RC_ASSERT(read.size <= at);
    for (auto& x : read.records)
      RC_ASSERT(std::get<call_begun>(x).line == line(0, 0));
  }));
}

TEST_CASE("what was written is there after the process was killed") {
  test::temporary_directory where;
  auto child = ::fork();
  if (child == 0) {
    auto mine = journal::create(where.path(), "n-1");
    if (!mine || (*mine)->append(begun(1)) || (*mine)->append(ended(1, 1, 7))
        || (*mine)->append(begun(2)))
      ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  auto search = find_journals(where.path(), "n-2");
  CHECK(search.problems.empty());
  REQUIRE(search.found.size() == 1);
  CHECK(!search.found[0].may_lack_records);
  auto all = business_of(search.found[0].content);
  REQUIRE(all.size() == 1);
  CHECK(all[0].holder == "n-1");
  CHECK(all[0].tenant == "t");
  CHECK(all[0].lines.size() == 2);
  CHECK(find_journals(where.path(), "n-1").found.empty());
}

TEST_CASE("a journal from before the machine was switched off may lack some") {
  test::temporary_directory where;
  std::ofstream{where.path() + "/n-0.calls", std::ios::binary}
    << frame(journal_opened{"n-0", "another boot"}) << frame(begun(1));
  auto search = find_journals(where.path(), "n-1");
  REQUIRE(search.found.size() == 1);
  CHECK(search.found[0].may_lack_records);
}

TEST_CASE("a journal is replaced as a whole") {
  test::temporary_directory where;
  auto mine = journal::create(where.path(), "n-1");
  REQUIRE(mine);
  for (uint64_t i = 1; i < 100; ++i)
    REQUIRE(!(*mine)->append(begun(i)));
  auto before = (*mine)->size();
  for (uint64_t i = 1; i < 99; ++i)
    REQUIRE(!(*mine)->append(ended(i, i, 7)));
  REQUIRE(!(*mine)->replace({holder_opened{"t", "n-1"}, ended(0, 98, 7)}));
  CHECK((*mine)->size() < before / 10);
  REQUIRE(!(*mine)->append(begun(100)));
  (*mine)->sync();
  auto search = find_journals(where.path(), "other");
  REQUIRE(search.found.size() == 1);
  // The call that goes on is still there.
  CHECK(search.found[0].content.records
        == std::vector<journal_record>{holder_opened{"t", "n-1"},
                                       ended(0, 98, 7), begun(99), begun(100)});
  (*mine)->remove();
  CHECK(find_journals(where.path(), "other").found.empty());
}

TEST_CASE("what is set aside for a call counts once it has left") {
  test::temporary_directory where;
  auto mine = journal::create(where.path(), "n-1");
  REQUIRE(mine);
  auto with = [](uint64_t call, micro_usd reserved) {
    auto x = std::get<call_begun>(begun(call));
    x.line.reserved = reserved;
    return x;
  };
  REQUIRE(!(*mine)->append(holder_opened{"t", "n-1"}));
  REQUIRE(!(*mine)->amend(with(1, 500)));
  REQUIRE(!(*mine)->append(with(2, 100)));
  REQUIRE(!(*mine)->amend(with(2, 300)));
  REQUIRE(!(*mine)->append(with(3, 100)));
  REQUIRE(!(*mine)->append(ended(3, 1, 70)));
  REQUIRE(!(*mine)->amend(with(3, 900)));
  auto search = find_journals(where.path(), "other");
  REQUIRE(search.found.size() == 1);
  auto left = business_of(search.found[0].content);
  REQUIRE(left.size() == 1);
  REQUIRE(left[0].lines.size() == 2);
  CHECK(left[0].lines[0].cost == 70);
  CHECK(left[0].lines[1].cost == 300);
  CHECK(left[0].lines[1].end == call_end::lost);
}

TEST_CASE("a journal that cannot be written says so") {
  auto nowhere = journal::create("/proc/nowhere", "n-1");
  REQUIRE(!nowhere);
  CHECK(message_of(nowhere.error()).find("cannot be made")
        != std::string::npos);
}

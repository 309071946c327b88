#include "tests/actors/orchestrator/schedule/times.hpp"

#include <rapidcheck.h>

using namespace machine;
using namespace machine::test;
using namespace machine::orchestrator;

namespace {

std::string problem(std::string_view text) {
  auto result = parse_cron(text);
  INFO(text);
  REQUIRE(!result);
  CHECK(code_of(result.error()) == ec::invalid_argument);
  return message_of(result.error());
}

/// The problem without the expression before it.
std::string cause(std::string_view text) {
  return problem(text).substr(std::string_view{"cron expression "}.size()
                              + text.size() + 4);
}

uint64_t bits(std::initializer_list<int> values) {
  uint64_t result = 0;
  for (auto x : values)
    result |= uint64_t{1} << x;
  return result;
}

} // namespace

TEST_CASE("a field is a list of values, ranges and steps") {
  CHECK(cron("5 * * * *").minutes == bits({5}));
  CHECK(cron("0,30,7 * * * *").minutes == bits({0, 7, 30}));
  CHECK(cron("1-4 * * * *").minutes == bits({1, 2, 3, 4}));
  CHECK(cron("1-10/3 * * * *").minutes == bits({1, 4, 7, 10}));
  CHECK(cron("*/20 * * * *").minutes == bits({0, 20, 40}));
  CHECK(cron("*/20,59,3-4 * * * *").minutes == bits({0, 3, 4, 20, 40, 59}));
  CHECK(cron("* * * * *").minutes == (uint64_t{1} << 60) - 1);
  CHECK(cron("* */8 * * *").hours == bits({0, 8, 16}));
  CHECK(cron("* * */10 * *").days == bits({1, 11, 21, 31}));
  CHECK(cron("* * * * */3").weekdays == bits({0, 3, 6}));
  CHECK(cron(" \t5  6\t7 8 1 ") == cron("5 6 7 8 1"));
}

TEST_CASE("months and days of the week have names") {
  CHECK(cron("0 0 1 JAN,dec *") == cron("0 0 1 1,12 *"));
  CHECK(cron("0 0 * Mar-May *") == cron("0 0 * 3-5 *"));
  CHECK(cron("0 0 * * mon-FRI") == cron("0 0 * * 1-5"));
  CHECK(cron("0 0 * * MON-FRI/2") == cron("0 0 * * 1,3,5"));
}

TEST_CASE("Sunday is 0 and 7, at both ends of a week") {
  for (auto text : {"0 0 * * 7", "0 0 * * SUN", "0 0 * * 0,7"})
    CHECK(cron(text) == cron("0 0 * * 0"));
  CHECK(cron("0 0 * * FRI-SUN") == cron("0 0 * * 0,5,6"));
  CHECK(cron("0 0 * * 5-7") == cron("0 0 * * 0,5,6"));
  CHECK(cron("0 0 * * SUN-TUE") == cron("0 0 * * 0-2"));
  CHECK(cron("0 0 * * 7-2") == cron("0 0 * * 0-2"));
  CHECK(cron("0 0 * * 0-7").weekdays == 0x7F);
  CHECK(cron("0 0 * * 7-7") == cron("0 0 * * 0"));
}

TEST_CASE("short forms stand for five fields") {
  CHECK(cron("@hourly") == cron("0 * * * *"));
  CHECK(cron("@daily") == cron("0 0 * * *"));
  CHECK(cron("@midnight") == cron("0 0 * * *"));
  CHECK(cron("@weekly") == cron("0 0 * * 0"));
  CHECK(cron("@monthly") == cron("0 0 1 * *"));
  CHECK(cron("@yearly") == cron("0 0 1 1 *"));
  CHECK(cron(" @Annually ") == cron("0 0 1 1 *"));
}

TEST_CASE("days of either kind count if both are restricted") {
  CHECK(cron("0 0 1 * MON").rule == day_rule::either);
  CHECK(cron("0 0 L * MON").rule == day_rule::either);
  for (auto text : {"0 0 * * MON", "0 0 1 * *", "0 0 * * *", "0 0 */2 * MON",
                    "0 0 1 * */2"})
    CHECK(cron(text).rule == day_rule::both);
}

TEST_CASE("only an expression that names all hours names every hour") {
  for (auto text : {"* * * * *", "30 */1 * * *", "0 0-23 1 1 1", "@hourly"})
    CHECK(every_hour(cron(text)));
  for (auto text : {"* 1-23 * * *", "0 */2 * * *", "@daily"})
    CHECK(!every_hour(cron(text)));
}

TEST_CASE("L is the last day of a month") {
  CHECK(cron("0 0 L * *").last_day);
  CHECK(cron("0 0 L * *").days == 0);
  CHECK(cron("0 0 l,15 * *").days == bits({15}));
  CHECK(cron("0 0 15,L * *").last_day);
  CHECK(!cron("0 0 31 * *").last_day);
}

TEST_CASE("what is wrong is said with the field and the mending") {
  CHECK(problem("61 * * * *")
        == "cron expression \"61 * * * *\": minute: \"61\" is out of range; "
           "write 0 to 59");
  CHECK(cause("0 24 * * *") == "hour: \"24\" is out of range; write 0 to 23");
  CHECK(cause("0 0 0 * *")
        == "day of month: \"0\" is out of range; write 1 to 31 or L");
  CHECK(cause("0 0 1 13 *")
        == "month: \"13\" is out of range; write 1 to 12 or JAN to DEC");
  CHECK(cause("0 0 * * 8")
        == "day of week: \"8\" is out of range; write 0 to 7 or SUN to SAT");
  CHECK(cause("0 0 * * MAN")
        == "day of week: \"MAN\" is no value; write 0 to 7 or SUN to SAT");
  CHECK(cause("MON 0 * * *") == "minute: \"MON\" is no value; write 0 to 59");
  CHECK(cause("0 L * * *") == "hour: \"L\" is no value; write 0 to 23");
  CHECK(cause("0 22-2 * * *")
        == "hour: \"22-2\" runs backwards; write the smaller value first, or "
           "two ranges: 22-23,0-2");
  CHECK(cause("0 0 * * FRI-MON")
        == "day of week: \"FRI-MON\" runs backwards; write the smaller value "
           "first, or two ranges: FRI-6,0-MON");
  CHECK(cause("5/15 * * * *")
        == "minute: \"5/15\" has a step and no range; write 5-59/15");
  CHECK(cause("*/90 * * * *")
        == "minute: \"*/90\" has a step beyond the end of its range, so only 0 "
           "is left; write a smaller step, or that value");
  CHECK(cause("*/0 * * * *")
        == "minute: \"*/0\" has a step that is no number from 1 on");
}

TEST_CASE("what two ranges are written as for one that runs backwards, reads") {
  CHECK(cron("0 0 * * FRI-6,0-MON") == cron("0 0 * * 0,1,5,6"));
  CHECK(cron("0 22-23,0-2 * * *").hours == bits({0, 1, 2, 22, 23}));
}

TEST_CASE("other than five fields are refused with their number") {
  CHECK(cause("")
        == "it has 0 fields; write five: minute, hour, day of month, "
           "month, day of week");
  CHECK(cause("* * * *").starts_with("it has 4 fields; "));
  CHECK(cause("0 * * * * *").starts_with("it has 6 fields; "));
  CHECK(cause("@daily 5").starts_with("it has 2 fields; "));
  CHECK(cause("@dayly") == "there is no such short form; did you mean @daily?");
  CHECK(cause("@reboot").starts_with("there is no such short form; use "));
}

TEST_CASE("a long expression is refused and not repeated") {
  CHECK(cron("0 0 * * *" + std::string(max_cron_bytes - 9, ' ')).hours == 1);
  auto text = problem(std::string(max_cron_bytes + 1, '*'));
  CHECK(text.size() < 150);
  CHECK(text.find("257 bytes; write at most 256") != text.npos);
}

TEST_CASE("nothing that is no value reads as one") {
  for (auto field : {",",
                     "1,",
                     ",1",
                     "1,,2",
                     "-",
                     "1-",
                     "-1",
                     "1-2-3",
                     "/",
                     "*/",
                     "/2",
                     "1-5/",
                     "1/2/3",
                     "**",
                     "*-5",
                     "+1",
                     "1.5",
                     "0x1",
                     " ",
                     "é",
                     "1\n",
                     "?",
                     "99999999999999999999",
                     "L-3",
                     "1W",
                     "L/2",
                     "MON#2"}) {
    std::string text = field;
    problem(text + " * * * *");
    problem("* * " + text + " * *");
    problem("* * * * " + text);
  }
}

TEST_CASE("any text is read or refused, and what is read has every field") {
  CHECK(rc::check([] {
    auto parts = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("*", "/", "-", ",", " ", " ", "1", "7",
                                    "59", "L", "SUN", "JAN", "@", "@daily",
                                    "x"));
    std::string text;
    for (auto& part : parts)
      text += part;
    auto result = parse_cron(text);
    if (!result)
      return;
    RC_ASSERT(result->minutes != 0u && result->minutes >> 60 == 0u);
    RC_ASSERT(result->hours != 0u && result->hours >> 24 == 0u);
    RC_ASSERT((result->days & 1) == 0u);
    RC_ASSERT(result->days != 0u || result->last_day);
    RC_ASSERT(result->months != 0u && (result->months & ~0x1FFE) == 0);
    RC_ASSERT(result->weekdays != 0u && result->weekdays >> 7 == 0);
  }));
}

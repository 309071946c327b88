#include "tests/actors/orchestrator/schedule/times.hpp"

using namespace machine;
using namespace machine::test;
using namespace machine::orchestrator;

TEST_CASE("a firing is later than the instant that was asked for") {
  auto every = cron("* * * * *");
  for (auto [after, next] :
       {std::pair{"2026-01-01T00:00Z", "2026-01-01T00:01Z"},
        std::pair{"2025-12-31T23:59:59.999999Z", "2026-01-01T00:00Z"},
        std::pair{"2026-01-01T00:00:00.000001Z", "2026-01-01T00:01Z"},
        std::pair{"1969-12-31T23:59:00.5Z", "1970-01-01T00:00Z"}})
    CHECK(next_after(every, time_zone{}, at(after)) == at(next));
}

TEST_CASE("days of either kind fire") {
  // 2026-06-01 is a Monday.
  check_firings("0 9 15 * MON", "UTC", "2026-06-01T09:00Z",
                {"2026-06-08T09:00Z", "2026-06-15T09:00Z", "2026-06-22T09:00Z",
                 "2026-06-29T09:00Z", "2026-07-06T09:00Z", "2026-07-13T09:00Z",
                 "2026-07-15T09:00Z"});
  // Mondays that have an odd date.
  check_firings(
    "0 9 */2 * MON", "UTC", "2026-06-01T09:00Z",
    {"2026-06-15T09:00Z", "2026-06-29T09:00Z", "2026-07-13T09:00Z"});
}

TEST_CASE("the last day of a month is that of this month") {
  check_firings("0 0 L * *", "UTC", "2027-12-31T00:00Z",
                {"2028-01-31T00:00Z", "2028-02-29T00:00Z", "2028-03-31T00:00Z",
                 "2028-04-30T00:00Z"});
  check_firings("0 0 L 2 *", "UTC", "2099-01-01T00:00Z",
                {"2099-02-28T00:00Z", "2100-02-28T00:00Z"});
  check_firings("0 0 31 * *", "UTC", "2026-01-31T00:00Z",
                {"2026-03-31T00:00Z", "2026-05-31T00:00Z"});
}

TEST_CASE("a leap day comes every four years, but in 2100") {
  check_firings("30 12 29 FEB *", "UTC", "2026-01-01T00:00Z",
                {"2028-02-29T12:30Z", "2032-02-29T12:30Z"});
  check_firings("30 12 29 2 *", "UTC", "2096-02-29T12:30Z",
                {"2104-02-29T12:30Z"});
  // Leap days that are Sundays, once across 2100.
  auto sundays = cron("0 0 29 2 *");
  sundays.weekdays = 1;
  CHECK(next_after(sundays, time_zone{}, at("2026-01-01T00:00Z"))
        == at("2032-02-29T00:00Z"));
  CHECK(next_after(sundays, time_zone{}, at("2088-02-29T00:00Z"))
        == at("2128-02-29T00:00Z"));
}

TEST_CASE("what never fires has no next firing") {
  for (auto text : {"0 0 30 2 *", "0 0 31 4,6,9,11 *"})
    for (auto where : {"UTC", "Europe/Berlin"})
      CHECK(!next_after(cron(text), zone(where), at("2026-01-01T00:00Z")));
}

TEST_CASE("the ends of the calendar are no trap") {
  auto every = cron("* * * * *");
  for (auto where : {"UTC", "Europe/Berlin", "Australia/Lord_Howe"}) {
    CHECK(!next_after(every, zone(where), timestamp::max()));
    CHECK(!next_after(every, zone(where), at("9999-12-31T23:59:59Z")));
    auto first = next_after(every, zone(where), timestamp::min());
    REQUIRE(first);
    CHECK(*first > at("0001-01-01T00:00Z"));
    CHECK(*first < at("0001-01-01T00:02Z"));
  }
}

TEST_CASE("Berlin: a time that does not exist fires after the gap, once") {
  // 2026-03-29: from 02:00 to 03:00.
  check_firings("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z",
                {"2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00",
                 "2026-03-30T02:30+02:00"});
  check_firings("*/10 2 * * *", "Europe/Berlin", "2026-03-28T02:49+01:00",
                {"2026-03-28T02:50+01:00", "2026-03-29T03:00+02:00",
                 "2026-03-30T02:00+02:00"});
  // What is due after the gap is the same firing.
  check_firings("0 2,3 * * *", "Europe/Berlin", "2026-03-28T03:00+01:00",
                {"2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"});
  // 01:59:59 is followed by 03:00:00.
  check_firings("0 3 * * *", "Europe/Berlin", "2026-03-29T01:59:59+01:00",
                {"2026-03-29T03:00+02:00", "2026-03-30T03:00+02:00"});
  check_firings("30 2 * * *", "Europe/Berlin", "2026-03-29T01:59:59.9+01:00",
                {"2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"});
}

TEST_CASE("Berlin: a time that comes twice fires when it comes first") {
  // 2026-10-25: from 03:00 back to 02:00.
  check_firings("30 2 * * *", "Europe/Berlin", "2026-10-24T02:30+02:00",
                {"2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"});
  check_firings("*/30 2-3 * * *", "Europe/Berlin", "2026-10-25T01:00+02:00",
                {"2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00",
                 "2026-10-25T03:00+01:00", "2026-10-25T03:30+01:00",
                 "2026-10-26T02:00+01:00"});
  // Asked in the middle of the second 02:xx.
  check_firings("45 2 * * *", "Europe/Berlin", "2026-10-25T02:10+01:00",
                {"2026-10-26T02:45+01:00"});
  check_firings("45 2 * * *", "Europe/Berlin", "2026-10-25T02:00+01:00",
                {"2026-10-26T02:45+01:00"});
}

TEST_CASE("Berlin: what names every hour keeps its distance") {
  check_firings("30 * * * *", "Europe/Berlin", "2026-03-29T00:30+01:00",
                {"2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00",
                 "2026-03-29T04:30+02:00"});
  check_firings("30 * * * *", "Europe/Berlin", "2026-10-25T01:30+02:00",
                {"2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00",
                 "2026-10-25T03:30+01:00"});
  check_firings("*/30 * * * *", "Europe/Berlin", "2026-10-25T02:29+02:00",
                {"2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00",
                 "2026-10-25T02:30+01:00", "2026-10-25T03:00+01:00"});
}

TEST_CASE("New York sets its clocks on other days") {
  // 2026-03-08: from 02:00 to 03:00; 2026-11-01: from 02:00 back to 01:00.
  check_firings("15 2 * * *", "America/New_York", "2026-03-07T12:00Z",
                {"2026-03-08T03:00-04:00", "2026-03-09T02:15-04:00"});
  check_firings("0 9 * * 1-5", "America/New_York", "2026-03-06T14:00Z",
                {"2026-03-09T13:00Z", "2026-03-10T13:00Z"});
  check_firings("30 1 * * *", "America/New_York", "2026-10-31T12:00Z",
                {"2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"});
  check_firings("@hourly", "America/New_York", "2026-11-01T00:00-04:00",
                {"2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00",
                 "2026-11-01T02:00-05:00"});
}

TEST_CASE("Lord Howe sets its clocks by half an hour") {
  // 2026-04-05: from 02:00 back to 01:30; 2026-10-04: from 02:00 to 02:30.
  check_firings("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T01:45+11:00",
                {"2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"});
  check_firings("*/15 * * * *", "Australia/Lord_Howe", "2026-04-05T01:30+11:00",
                {"2026-04-05T01:45+11:00", "2026-04-05T01:30+10:30",
                 "2026-04-05T01:45+10:30", "2026-04-05T02:00+10:30"});
  check_firings("10 2 * * *", "Australia/Lord_Howe", "2026-10-03T02:10+10:30",
                {"2026-10-04T02:30+11:00", "2026-10-05T02:10+11:00"});
  check_firings("45 2 * * *", "Australia/Lord_Howe", "2026-10-03T02:45+10:30",
                {"2026-10-04T02:45+11:00"});
}

TEST_CASE("Kolkata and UTC never set theirs") {
  check_firings("0 9 * * *", "Asia/Kolkata", "2026-03-28T12:00Z",
                {"2026-03-29T03:30Z", "2026-03-30T03:30Z"});
  check_firings("30 2 * * *", "UTC", "2026-03-28T12:00Z",
                {"2026-03-29T02:30Z", "2026-03-30T02:30Z"});
  check_firings("30 2 * * *", "Etc/UTC", "2026-10-24T12:00Z",
                {"2026-10-25T02:30Z"});
}

TEST_CASE("a midnight or a whole day that does not exist fires after it") {
  // 2026-09-06 begins at 01:00 in Santiago.
  check_firings("@daily", "America/Santiago", "2026-09-05T12:00Z",
                {"2026-09-06T01:00-03:00", "2026-09-07T00:00-03:00"});
  // Apia had no 30 December 2011.
  check_firings("0 9 * * *", "Pacific/Apia", "2011-12-29T09:00-10:00",
                {"2011-12-31T00:00+14:00", "2011-12-31T09:00+14:00"});
  check_firings("0 9 29 12 *", "Pacific/Apia", "2011-12-29T09:00-10:00",
                {"2012-12-29T09:00+14:00"});
}

TEST_CASE("the rules of a zone go on where its data ends") {
  check_firings("0 12 1 1,7 *", "Europe/Berlin", "2060-01-01T00:00Z",
                {"2060-01-01T12:00+01:00", "2060-07-01T12:00+02:00"});
}

TEST_CASE("a zone has the name that IANA gives it") {
  for (auto name : {"UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires",
                    "America/Port-au-Prince", "EST"})
    CHECK(time_zone::find(name));
  for (auto name : {"", " ", "Europe", "Europe/", "/Europe/Berlin", "localtime",
                    "../zoneinfo/UTC", "Europe//Berlin", "right/Europe/Berlin",
                    "posix/UTC", "file:UTC", "Fixed/UTC+01:00:00", "libc:UTC",
                    "zone.tab", "tzdata.zi", "Europe/Berlin\n", "UTC0"}) {
    INFO(name);
    auto found = time_zone::find(name);
    REQUIRE(!found);
    CHECK(code_of(found.error()) == ec::invalid_argument);
  }
  CHECK(!time_zone::find(std::string_view{"UTC\0", 4}));
}

TEST_CASE("an unknown zone is answered with what was meant") {
  auto problem = [](std::string_view name) {
    return message_of(time_zone::find(name).error());
  };
  CHECK(problem("Europe/Berlim")
        == "time zone \"Europe/Berlim\": there is none of that name; did you "
           "mean Europe/Berlin?");
  for (auto name : {"europe/berlin", "Berlin", "berlin", "Europe/Brelin"})
    CHECK(problem(name).ends_with("did you mean Europe/Berlin?"));
  CHECK(problem("new york").ends_with("did you mean America/New_York?"));
  CHECK(problem("no such place")
        == "time zone \"no such place\": there is none of that name; use a "
           "name such as Europe/Berlin, or UTC");
  CHECK(problem(std::string(10'000, 'x')).size() < 200);
}

TEST_CASE("a zone tells when its clocks are set") {
  using std::chrono::floor;
  using std::chrono::seconds;
  auto berlin = zone("Europe/Berlin");
  auto spring = floor<seconds>(at("2026-03-29T01:00Z"));
  auto change = berlin.next_change(spring - seconds{1});
  REQUIRE(change);
  CHECK(change->at == spring);
  CHECK(change->to - change->from == std::chrono::hours{1});
  CHECK(berlin.last_change(spring) == change);
  CHECK(berlin.last_change(spring - seconds{1}) != change);
  CHECK(berlin.next_change(spring)->at
        == floor<seconds>(at("2026-10-25T01:00Z")));
  CHECK(!time_zone{}.next_change(spring));
  CHECK(!time_zone{}.last_change(spring));
}

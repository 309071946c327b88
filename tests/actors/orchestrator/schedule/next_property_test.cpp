#include "tests/actors/orchestrator/schedule/times.hpp"

#include <rapidcheck.h>

#include <cstdlib>
#include <ctime>
#include <set>

using namespace machine;
using namespace machine::test;
using namespace machine::orchestrator;

namespace {

/// What clocks show, by the C library: it shares no code with the zones.
struct wall_clock {
  explicit wall_clock(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }

  ~wall_clock() {
    ::unsetenv("TZ");
    ::tzset();
  }

  std::tm operator()(std::time_t x) const {
    std::tm result{};
    ::localtime_r(&x, &result);
    return result;
  }
};

/// What an expression means, without its text.
struct wanted {
  std::set<int> minutes, hours, days, months, weekdays;
  bool last_day = false;

  static std::set<int> some(int first, int last) {
    // Wildcards often enough, as people write them.
    if (*rc::gen::inRange(0, 3) == 0)
      return {};
    // Not a set, which is given up if there are fewer values than it is to
    // have.
    auto values = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<int>>(rc::gen::inRange(first, last + 1)));
    return {values.begin(), values.end()};
  }

  static wanted any() {
    wanted x{some(0, 59), some(0, 23), some(1, 31), some(1, 12), some(0, 6)};
    if (*rc::gen::inRange(0, 2) == 0)
      x.hours = {*rc::gen::inRange(0, 4), *rc::gen::inRange(0, 24)};
    if (*rc::gen::inRange(0, 2) == 0)
      x.days = x.months = x.weekdays = {};
    x.last_day = !x.days.empty() && *rc::gen::arbitrary<bool>();
    if (x.text().size() > max_cron_bytes)
      x.minutes = {};
    return x;
  }

  static std::string spell(const std::set<int>& values) {
    std::string result;
    for (auto x : values)
      result += (result.empty() ? "" : ",") + std::to_string(x);
    return result.empty() ? "*" : result;
  }

  std::string text() const {
    return spell(minutes) + " " + spell(hours) + " " + spell(days)
         + (last_day ? ",L " : " ") + spell(months) + " " + spell(weekdays);
  }

  static bool has(const std::set<int>& values, int x) {
    return values.empty() || values.contains(x);
  }

  /// *next* is the day after *x*.
  bool holds(const std::tm& x, const std::tm& next) const {
    if (!has(minutes, x.tm_min) || !has(hours, x.tm_hour)
        || !has(months, x.tm_mon + 1))
      return false;
    auto by_date = has(days, x.tm_mday) || (last_day && next.tm_mday == 1);
    auto by_weekday = has(weekdays, x.tm_wday);
    return days.empty() || weekdays.empty() ? by_date && by_weekday
                                            : by_date || by_weekday;
  }

  /// Whether the local time *x*, in seconds as if it were UTC, is wanted.
  bool holds(std::time_t x) const {
    std::tm now{};
    std::tm next{};
    auto tomorrow = x + 86'400;
    ::gmtime_r(&x, &now);
    ::gmtime_r(&tomorrow, &next);
    return holds(now, next);
  }
};

/// Looks at every minute, one after the other, what clocks show.
std::optional<std::time_t> scan(const wanted& what, const wall_clock& clock,
                                std::time_t after, std::time_t until) {
  auto local = [&clock](std::time_t x) {
    auto shown = clock(x);
    return ::timegm(&shown);
  };
  auto every = what.hours.empty() || what.hours.size() == 24;
  // Longer ago than any clock is set back.
  auto i = (after / 60 - 26 * 60) * 60;
  std::set<std::time_t> seen{local(i)};
  auto before = local(i);
  for (i += 60; i <= until; i += 60) {
    auto now = local(i);
    auto fires = what.holds(now) && (every || !seen.contains(now));
    if (!every)
      for (auto gap = before + 60; gap < now; gap += 60)
        fires = fires || (what.holds(gap) && !seen.contains(gap));
    for (auto x = before; x <= now; x += 60)
      seen.emplace(x);
    before = now;
    if (fires && i > after)
      return i;
  }
  return std::nullopt;
}

constexpr auto zones = {"UTC",
                        "Europe/Berlin",
                        "America/New_York",
                        "Asia/Kolkata",
                        "Africa/Cairo",
                        "America/Santiago",
                        "America/Havana",
                        "Europe/Dublin",
                        "Pacific/Apia",
                        "Asia/Kathmandu",
                        "Africa/Casablanca",
                        "America/St_Johns",
                        "Asia/Pyongyang",
                        "America/Caracas",
                        "Antarctica/Troll",
                        "Australia/Lord_Howe"};

/// Instants of which every second one is near a change of clocks.
std::time_t some_instant(const time_zone& where) {
  auto year = *rc::gen::inRange(1990, 2037);
  auto second = *rc::gen::inRange(0, 366 * 86'400);
  std::chrono::sys_seconds x =
    std::chrono::sys_days{std::chrono::year{year} / 1 / 1};
  x += std::chrono::seconds{second};
  if (*rc::gen::arbitrary<bool>())
    if (auto change = where.next_change(x))
      x = change->at - std::chrono::seconds{*rc::gen::inRange(-9'000, 90'000)};
  return x.time_since_epoch().count();
}

timestamp from_seconds(std::time_t x) {
  return timestamp{std::chrono::seconds{x}};
}

} // namespace

TEST_CASE("the next firing is the one that looking at every minute finds") {
  auto found = 0;
  CHECK(rc::check([&found] {
    auto name = *rc::gen::elementOf(std::vector<const char*>{zones});
    auto where = zone(name);
    auto what = wanted::any();
    auto after = some_instant(where);
    auto until = after + 4 * 86'400;
    RC_LOG() << what.text() << " in " << name << " after "
             << wire::format_time(from_seconds(after)) << "\n";
    auto expected = scan(what, wall_clock{name}, after, until);
    auto next = next_after(cron(what.text()), where, from_seconds(after));
    if (expected) {
      ++found;
      RC_ASSERT(next.has_value());
      RC_ASSERT(wire::format_time(*next)
                == wire::format_time(from_seconds(*expected)));
    } else if (next) {
      RC_ASSERT(*next > from_seconds(until));
    }
  }));
  // The window is long enough for most of what is tried.
  CHECK(found >= 30);
}

TEST_CASE("between two instants there are the same firings from any of them") {
  CHECK(rc::check([] {
    auto where = zone(*rc::gen::elementOf(std::vector<const char*>{zones}));
    auto what = cron(wanted::any().text());
    auto first = from_seconds(some_instant(where));
    auto next = next_after(what, where, first);
    if (!next)
      return;
    RC_ASSERT(*next > first);
    // From everywhere before it, it is the same.
    auto part = *rc::gen::inRange<int64_t>(0, 1'000'000);
    auto between = first + (*next - first) / 1'000'000 * part;
    RC_ASSERT(next_after(what, where, between) == next);
    RC_ASSERT(next_after(what, where, *next - std::chrono::microseconds{1})
              == next);
  }));
}

#include "actors/orchestrator/schedule/next.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

constexpr std::chrono::years horizon{41};

constexpr std::chrono::sys_seconds first_instant =
  std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
constexpr std::chrono::sys_seconds last_instant =
  std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

/// The first time of day from *from* on.
std::optional<std::chrono::minutes> first_time(const cron_expression& what,
                                               std::chrono::minutes from) {
  auto first_hour = static_cast<unsigned>(from / std::chrono::hours{1});
  auto first_minute = static_cast<unsigned>(from % std::chrono::hours{1}
                                            / std::chrono::minutes{1});
  for (auto hour = first_hour; hour < 24; ++hour) {
    if ((what.hours >> hour & 1) == 0)
      continue;
    auto start = hour == first_hour ? first_minute : 0;
    for (auto minute = start; minute < 60; ++minute)
      if ((what.minutes >> minute & 1) != 0)
        return std::chrono::hours{hour} + std::chrono::minutes{minute};
  }
  return std::nullopt;
}

std::chrono::local_days next_month(std::chrono::local_days day) {
  std::chrono::year_month_day date{day};
  return std::chrono::local_days{
    (date.year() / date.month() + std::chrono::months{1}) / 1};
}

/// The first local time in [*from*, *until*), whether it exists or not.
std::optional<std::chrono::local_seconds>
first_match(const cron_expression& what, std::chrono::local_seconds from,
            std::chrono::local_seconds until) {
  auto start = std::chrono::ceil<std::chrono::minutes>(from);
  for (auto day = std::chrono::floor<std::chrono::days>(start); day < until;) {
    if ((what.months
           >> static_cast<unsigned>(std::chrono::year_month_day{day}.month())
         & 1)
        == 0) {
      day = next_month(day);
      continue;
    }
    if (names_day(what, day)) {
      auto earliest =
        std::max(start - std::chrono::local_time<std::chrono::minutes>{day},
                 std::chrono::minutes{0});
      if (auto time = first_time(what, earliest)) {
        auto found = day + *time;
        return found < until ? std::optional<std::chrono::local_seconds>{found}
                             : std::nullopt;
      }
    }
    day += std::chrono::days{1};
  }
  return std::nullopt;
}

} // namespace

std::optional<timestamp> next_after(const cron_expression& what,
                                    const time_zone& where, timestamp after) {
  auto before =
    std::max(std::chrono::floor<std::chrono::seconds>(after), first_instant);
  auto end = std::min(before + horizon, last_instant);
  // Between two changes clocks run evenly; so each such stretch is searched in
  // local time, and each change between them looked at by itself.
  auto passed = before;
  auto shown = where.local(before);
  auto from = shown + std::chrono::seconds{1};
  // Up to here, every local time has been or was left out.
  auto seen = std::chrono::local_seconds::min();
  if (!every_hour(what))
    if (auto change = where.last_change(before))
      seen = change->from;
  while (passed < end) {
    auto change = where.next_change(passed);
    if (change && change->at > end)
      change.reset();
    auto until = change ? change->from : shown + (end - passed);
    if (auto found = first_match(what, std::max(from, seen), until))
      return passed + (*found - shown);
    if (!change)
      break;
    if (!every_hour(what)) {
      seen = std::max(seen, change->from);
      if (first_match(what, seen, change->to))
        return change->at;
    }
    passed = change->at;
    shown = change->to;
    from = change->to;
  }
  return std::nullopt;
}

} // namespace machine::orchestrator

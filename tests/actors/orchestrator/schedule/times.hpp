#pragma once

#include "actors/orchestrator/schedule/next.hpp"
#include "runtime/wire/text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace machine::test {

/// The instant *text*, as RFC 3339 has it: `2026-03-29T03:00+02:00`, with
/// seconds only if there are any.
inline timestamp at(std::string text) {
  if (text.size() > 16 && text[16] != ':')
    text.insert(16, ":00");
  auto result = wire::parse_time(text);
  INFO(text);
  REQUIRE(result);
  return *result;
}

inline orchestrator::cron_expression cron(std::string_view text) {
  auto result = orchestrator::parse_cron(text);
  INFO(text << ": " << (result ? "" : message_of(result.error())));
  REQUIRE(result);
  return *result;
}

inline orchestrator::time_zone zone(std::string_view name) {
  auto result = orchestrator::time_zone::find(name);
  INFO((result ? "" : message_of(result.error())));
  REQUIRE(result);
  return *result;
}

/// Checks that *text* fires at these instants after *after*, and at none in
/// between.
inline void check_firings(std::string_view text, std::string_view where,
                          const std::string& after,
                          const std::vector<std::string>& expected) {
  auto last = at(after);
  for (auto& instant : expected) {
    auto next = orchestrator::next_after(cron(text), zone(where), last);
    INFO(text << " in " << where << " after " << wire::format_time(last));
    REQUIRE(next);
    CHECK(wire::format_time(*next) == wire::format_time(at(instant)));
    last = at(instant);
  }
}

} // namespace machine::test

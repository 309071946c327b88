#include "actors/orchestrator/schedule/schedule.hpp"

#include <algorithm>
#include <utility>

namespace machine::orchestrator {

namespace {

/// What is wrong, as one error; its code is that of the worst.
class findings {
public:
  void add(const caf::error& what) {
    auto code = code_of(what);
    if (code_ == ec::none || code == ec::invalid_argument)
      code_ = code;
    text_ += (text_.empty() ? "" : "; ") + message_of(what);
  }

  void add(std::string what) {
    add(make_error(ec::invalid_argument, std::move(what)));
  }

  bool empty() const {
    return code_ == ec::none;
  }

  caf::error to_error() const {
    return with_context("schedule", make_error(code_, text_));
  }

private:
  ec code_ = ec::none;
  std::string text_;
};

/// Years that calendars and JSON can spell.
constexpr timestamp earliest_time{
  std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}};
constexpr timestamp latest_time{
  std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

void check_time(std::string_view name, const std::optional<timestamp>& at,
                findings& found) {
  if (at && (*at < earliest_time || *at > latest_time))
    found.add(std::string{name}
              + ": it is out of range; use the years 1970 to 9999");
}

void check_bounds(const schedule_spec& spec, findings& found) {
  if (wire::to_name(spec.overlap) == "?")
    found.add("overlap: there is no such policy; use skip, queue_one, allow or "
              "cancel_previous");
  if (spec.catch_up_window < duration{0}
      || spec.catch_up_window > max_catch_up_window)
    found.add("catch_up_window: " + std::to_string(spec.catch_up_window.count())
              + " ms is out of range; use 0 to "
              + std::to_string(max_catch_up_window.count()) + " (31 days)");
  if (spec.catch_up < 1 || spec.catch_up > max_catch_up)
    found.add("catch_up: " + std::to_string(spec.catch_up)
              + " firings is out of range; use 1 to "
              + std::to_string(max_catch_up));
  check_time("starts_at", spec.starts_at, found);
  check_time("ends_at", spec.ends_at, found);
  if (spec.starts_at && spec.ends_at && *spec.ends_at < *spec.starts_at)
    found.add("ends_at: it ends before it starts; use a time after starts_at");
}

/// Whether it ever fires; what nobody can know without a clock is no finding.
void check_firing(const schedule& what, findings& found) {
  // Any cycle of the calendar does, if there is no start.
  auto start = what.spec.starts_at.value_or(timestamp{});
  auto first = next_after(what.cron, what.zone, start);
  if (!first)
    found.add("cron expression \"" + what.spec.cron
              + "\": it never fires; use a day that its months have");
  else if (what.spec.starts_at
           && !next_firing(what, start - std::chrono::microseconds{1}))
    found.add("ends_at: it does not fire between starts_at and ends_at; use a "
              "later end");
}

} // namespace

caf::expected<schedule> load_schedule(schedule_spec spec) {
  schedule result;
  findings found;
  auto cron = parse_cron(spec.cron);
  if (!cron)
    found.add(cron.error());
  auto zone = time_zone::find(spec.zone);
  if (!zone)
    found.add(zone.error());
  check_bounds(spec, found);
  if (found.empty()) {
    result = {std::move(spec), *cron, *zone};
    check_firing(result, found);
  }
  if (!found.empty())
    return found.to_error();
  return result;
}

caf::error check_schedule(const schedule_spec& spec) {
  auto loaded = load_schedule(spec);
  return loaded ? caf::error{} : loaded.error();
}

std::optional<timestamp> next_firing(const schedule& what, timestamp after) {
  if (what.spec.starts_at && after < *what.spec.starts_at)
    after = *what.spec.starts_at - std::chrono::microseconds{1};
  auto result = next_after(what.cron, what.zone, after);
  if (result && what.spec.ends_at && *result > *what.spec.ends_at)
    return std::nullopt;
  return result;
}

} // namespace machine::orchestrator

#include "actors/orchestrator/schedule/cron.hpp"

#include "runtime/wire/nearest.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace machine::orchestrator {

namespace {

constexpr std::array<std::string_view, 12> month_names{
  "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
  "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

constexpr std::array<std::string_view, 7> weekday_names{
  "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

/// What a field may hold.
struct field_rule {
  std::string_view name;
  unsigned least;
  unsigned most;
  /// From `least` on.
  std::span<const std::string_view> names;
};

constexpr size_t day_field = 2;
constexpr size_t weekday_field = 4;

constexpr std::array<field_rule, 5> rules{{
  {"minute", 0, 59, {}},
  {"hour", 0, 23, {}},
  {"day of month", 1, 31, {}},
  {"month", 1, 12, month_names},
  {"day of week", 0, 7, weekday_names},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7>
  short_forms{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
  }};

std::string upper(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return result;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> result;
  for (;;) {
    auto end = text.find(at);
    result.emplace_back(text.substr(0, end));
    if (end == text.npos)
      return result;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  constexpr auto blank = " \t";
  std::vector<std::string_view> result;
  for (;;) {
    auto begin = text.find_first_not_of(blank);
    if (begin == text.npos)
      return result;
    text.remove_prefix(begin);
    auto end = std::min(text.find_first_of(blank), text.size());
    result.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<unsigned> number(std::string_view text) {
  unsigned result = 0;
  auto end = text.data() + text.size();
  auto [stop, err] = std::from_chars(text.data(), end, result);
  if (err != std::errc{} || stop != end)
    return std::nullopt;
  return result;
}

/// Reads one field; the first thing that is wrong stays in `problem`.
class field_reader {
public:
  explicit field_reader(const field_rule& rule) : rule_(rule) {}

  std::string problem;
  bool last_day = false;

  uint64_t read(std::string_view text) {
    uint64_t result = 0;
    for (auto item : split(text, ','))
      result |= read_item(item);
    return result;
  }

private:
  uint64_t read_item(std::string_view item) {
    if (is(day_field) && (item == "L" || item == "l")) {
      last_day = true;
      return 0;
    }
    auto parts = split(item, '/');
    if (item.empty() || parts.size() > 2)
      return fail(item,
                  "is no value; write " + expected() + ", separated by commas");
    auto range = parts[0];
    auto [first, last] = read_range(range);
    if (!problem.empty())
      return 0;
    auto step = 1u;
    if (parts.size() == 2) {
      if (range != "*" && range.find('-') == range.npos)
        return fail(item, "has a step and no range; write " + std::string{range}
                            + "-" + std::to_string(highest()) + "/"
                            + std::string{parts[1]});
      auto got = number(parts[1]);
      if (!got || *got == 0)
        return fail(item, "has a step that is no number from 1 on");
      if (*got > last - first && *got > 1)
        return fail(item, "has a step beyond the end of its range, so only "
                            + std::to_string(first)
                            + " is left; write a smaller step, or that value");
      step = *got;
    }
    uint64_t result = 0;
    for (auto i = first; i <= last; i += step)
      result |= uint64_t{1} << i;
    return result;
  }

  std::pair<unsigned, unsigned> read_range(std::string_view range) {
    if (range == "*")
      return {rule_.least, highest()};
    auto ends = split(range, '-');
    if (ends.size() > 2) {
      fail(range, "is no range; write two values with a - between them");
      return {};
    }
    auto first = read_value(ends[0]);
    if (ends.size() == 1 || !problem.empty())
      return {first, first};
    auto last = read_value(ends[1]);
    // A week may begin with Sunday, and may end with it.
    if (is(weekday_field) && first == 7 && last < 7)
      first = 0;
    else if (is(weekday_field) && first > 0 && last == 0)
      last = 7;
    if (problem.empty() && last < first)
      fail(range, "runs backwards; write the smaller value first, or two "
                  "ranges: "
                    + std::string{ends[0]} + "-" + std::to_string(highest())
                    + "," + std::to_string(rule_.least) + "-"
                    + std::string{ends[1]});
    return {first, last};
  }

  unsigned read_value(std::string_view text) {
    auto name = upper(text);
    for (size_t i = 0; i < rule_.names.size(); ++i)
      if (name == rule_.names[i])
        return rule_.least + static_cast<unsigned>(i);
    auto got = number(text);
    if (got && *got >= rule_.least && *got <= rule_.most)
      return *got;
    fail(text, got ? "is out of range; write " + expected()
                   : "is no value; write " + expected());
    return 0;
  }

  std::string expected() const {
    auto result =
      std::to_string(rule_.least) + " to " + std::to_string(rule_.most);
    if (is(day_field))
      result += " or L";
    if (!rule_.names.empty())
      result += " or " + std::string{rule_.names.front()} + " to "
              + std::string{rule_.names.back()};
    return result;
  }

  bool is(size_t field) const {
    return &rule_ == &rules[field];
  }

  /// The last value of `*`: 7 is Sunday again.
  unsigned highest() const {
    return is(weekday_field) ? 6 : rule_.most;
  }

  uint64_t fail(std::string_view part, std::string what) {
    if (problem.empty())
      problem = std::string{rule_.name} + ": \"" + std::string{part} + "\" "
              + std::move(what);
    return 0;
  }

  const field_rule& rule_;
};

caf::error wrong(std::string_view text, const std::string& what) {
  return make_error(ec::invalid_argument,
                    "cron expression \"" + std::string{text} + "\": " + what);
}

/// The fields that a short form stands for.
caf::expected<std::string_view> long_form(std::string_view text) {
  auto name = upper(text);
  std::vector<std::string> known;
  for (auto [form, fields] : short_forms) {
    if (name == upper(form))
      return fields;
    known.emplace_back(form);
  }
  auto near = wire::nearest(text, known);
  return wrong(text, "there is no such short form; "
                       + (near ? "did you mean " + *near + "?"
                               : "use @hourly, @daily, @weekly, @monthly or "
                                 "@yearly, or five fields"));
}

} // namespace

caf::expected<cron_expression> parse_cron(std::string_view text) {
  if (text.size() > max_cron_bytes)
    return wrong(text.substr(0, 32),
                 "it goes on for " + std::to_string(text.size())
                   + " bytes; write at most " + std::to_string(max_cron_bytes));
  auto fields = words(text);
  if (fields.size() == 1 && fields[0].starts_with('@')) {
    auto full = long_form(fields[0]);
    if (!full)
      return full.error();
    fields = words(*full);
  }
  if (fields.size() != rules.size())
    return wrong(text, "it has " + std::to_string(fields.size())
                         + " fields; write five: minute, hour, day of month, "
                           "month, day of week");
  cron_expression result;
  std::array<uint64_t, rules.size()> values{};
  for (size_t i = 0; i < rules.size(); ++i) {
    field_reader reader{rules[i]};
    values[i] = reader.read(fields[i]);
    if (!reader.problem.empty())
      return wrong(text, reader.problem);
    result.last_day |= reader.last_day;
  }
  result.minutes = values[0];
  result.hours = static_cast<uint32_t>(values[1]);
  result.days = static_cast<uint32_t>(values[day_field]);
  result.months = static_cast<uint16_t>(values[3]);
  auto weekdays = values[weekday_field];
  result.weekdays = static_cast<uint8_t>((weekdays | weekdays >> 7) & 0x7F);
  if (!fields[day_field].starts_with('*')
      && !fields[weekday_field].starts_with('*'))
    result.rule = day_rule::either;
  return result;
}

bool every_hour(const cron_expression& x) {
  return x.hours == 0xFF'FFFF;
}

bool names_day(const cron_expression& x, std::chrono::local_days day) {
  using namespace std::chrono;
  year_month_day date{day};
  if ((x.months >> static_cast<unsigned>(date.month()) & 1) == 0)
    return false;
  auto by_date = (x.days >> static_cast<unsigned>(date.day()) & 1) != 0
              || (x.last_day
                  && date == year_month_day{date.year() / date.month() / last});
  auto by_weekday = (x.weekdays >> weekday{day}.c_encoding() & 1) != 0;
  return x.rule == day_rule::either ? by_date || by_weekday
                                    : by_date && by_weekday;
}

} // namespace machine::orchestrator

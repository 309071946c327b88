#include "actors/costs/report/report.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace machine::costs {

namespace {

/// Counts come from providers, which may say anything.
void grow(uint64_t& sum, uint64_t by) {
  sum = models::sum_of_tokens({sum, by});
}

void grow(models::token_usage& sum, const models::token_usage& by) {
  models::token_usage::fields()([&](auto... counts) {
    (grow(sum.*counts.member, by.*counts.member), ...);
  });
}

/// Of the values of *by*, those of time.
std::vector<std::string_view> times_of(const std::vector<dimension>& by,
                                       const std::vector<std::string>& values) {
  std::vector<std::string_view> result;
  for (size_t i = 0; i < by.size(); ++i)
    if (is_time(by[i]))
      result.push_back(values[i]);
  return result;
}

} // namespace

bool line_filter::accepts(const booked_line& x) const {
  if (x.line.of_run || (since && x.at < *since) || (until && x.at >= *until))
    return false;
  return std::all_of(values.begin(), values.end(), [&](auto& wanted) {
    return has_value(x, wanted.first, wanted.second);
  });
}

void report_maker::counts::add(const call_line& x) {
  ++sum.calls;
  switch (x.end) {
    case call_end::answered:
      ++answered;
      grow(took, static_cast<uint64_t>(std::max<int64_t>(x.took.count(), 0)));
      break;
    case call_end::failed:
    case call_end::lost: ++sum.failed; break;
    case call_end::cancelled:
    case call_end::cut: ++sum.cancelled; break;
  }
  if (x.usage)
    grow(sum.tokens, *x.usage);
  else
    ++sum.uncounted;
  // Nine trillion dollars is where it ends.
  if (__builtin_add_overflow(sum.cost, x.cost, &sum.cost))
    sum.cost = std::numeric_limits<micro_usd>::max();
}

spending report_maker::counts::done() const {
  auto result = sum;
  if (answered > 0)
    result.average_latency = duration{static_cast<int64_t>(took / answered)};
  return result;
}

size_t
report_maker::values_hash::operator()(const std::vector<std::string>& x) const {
  size_t result = 0;
  for (auto& value : x)
    result = result * 1'099'511'628'211ULL + std::hash<std::string>{}(value);
  return result;
}

report_maker::report_maker(std::vector<dimension> by, line_filter filter,
                           size_t max_rows)
    : by_(std::move(by)), filter_(std::move(filter)), max_rows_(max_rows) {}

void report_maker::add(const booked_line& x) {
  if (!filter_.accepts(x))
    return;
  total_.add(x.line);
  if (by_.empty())
    return;
  std::vector<std::string> values;
  values.reserve(by_.size());
  for (auto dimension : by_)
    values.push_back(value_of(x, dimension));
  auto row = rows_.find(values);
  if (row == rows_.end() && rows_.size() < max_rows_)
    row = rows_.try_emplace(std::move(values)).first;
  (row == rows_.end() ? other_ : row->second).add(x.line);
}

report report_maker::make() const {
  report result{by_, filter_.since, filter_.until,
                {},  std::nullopt,  total_.done()};
  using entry = decltype(rows_)::value_type;
  std::vector<const entry*> order;
  order.reserve(rows_.size());
  for (auto& row : rows_)
    order.push_back(&row);
  std::sort(order.begin(), order.end(), [this](auto* a, auto* b) {
    auto a_times = times_of(by_, a->first);
    auto b_times = times_of(by_, b->first);
    if (a_times != b_times)
      return a_times < b_times;
    if (a->second.sum.cost != b->second.sum.cost)
      return a->second.sum.cost > b->second.sum.cost;
    return a->first < b->first;
  });
  result.rows.reserve(order.size());
  for (auto* row : order) {
    report_row shown{{}, row->second.done()};
    for (size_t i = 0; i < by_.size(); ++i)
      shown.of.emplace(wire::to_name(by_[i]), row->first[i]);
    result.rows.push_back(std::move(shown));
  }
  if (other_.sum.calls > 0)
    result.other = other_.done();
  return result;
}

} // namespace machine::costs

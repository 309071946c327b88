#include "runtime/telemetry/metrics.hpp"

#include "runtime/telemetry/bounded_text.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <mutex>
#include <variant>

namespace machine {

metrics::counter::counter(std::shared_ptr<prometheus::Counter> cell)
    : cell_(std::move(cell)) {}

void metrics::counter::add(double amount) const {
  if (cell_ != nullptr && std::isfinite(amount) && amount > 0)
    cell_->Increment(amount);
}

double metrics::counter::value() const {
  return cell_ == nullptr ? 0 : cell_->Value();
}

metrics::gauge::gauge(std::shared_ptr<prometheus::Gauge> cell)
    : cell_(std::move(cell)) {}

void metrics::gauge::set(double value) const {
  if (cell_ != nullptr)
    cell_->Set(value);
}

void metrics::gauge::add(double amount) const {
  if (cell_ != nullptr)
    cell_->Increment(amount);
}

double metrics::gauge::value() const {
  return cell_ == nullptr ? 0 : cell_->Value();
}

metrics::histogram::histogram(std::shared_ptr<prometheus::Histogram> cell)
    : cell_(std::move(cell)) {}

void metrics::histogram::observe(double value) const {
  // One sum that is not a number would be none for ever.
  if (cell_ != nullptr && std::isfinite(value))
    cell_->Observe(value);
}

std::vector<double> seconds_buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
}

namespace {

template <class Metric>
struct traits;

template <>
struct traits<metrics::counter> {
  using cell = prometheus::Counter;
  static constexpr auto type = prometheus::MetricType::Counter;
};

template <>
struct traits<metrics::gauge> {
  using cell = prometheus::Gauge;
  static constexpr auto type = prometheus::MetricType::Gauge;
};

template <>
struct traits<metrics::histogram> {
  using cell = prometheus::Histogram;
  static constexpr auto type = prometheus::MetricType::Histogram;
};

} // namespace

template <class Metric>
struct metrics::family<Metric>::impl {
  using cell = typename traits<Metric>::cell;

  impl(metric_options options, std::vector<double> limits)
      : what(std::move(options)), bounds(std::move(limits)) {}

  Metric with(std::vector<std::string> values) {
    std::lock_guard guard{mutex};
    auto place = series.find(values);
    if (place == series.end()) {
      if (series.size() >= max_series)
        values.assign(what.labels.size(), "other");
      auto& added = series[std::move(values)];
      if (added == nullptr)
        added = make();
      return Metric{added};
    }
    return Metric{place->second};
  }

  prometheus::MetricFamily collect() const {
    prometheus::MetricFamily result;
    result.name = what.name;
    result.help = what.help;
    result.type = traits<Metric>::type;
    std::lock_guard guard{mutex};
    for (auto& [values, one] : series) {
      auto sample = one->Collect();
      for (size_t i = 0; i < values.size(); ++i)
        sample.label.push_back({what.labels[i], values[i]});
      result.metric.push_back(std::move(sample));
    }
    return result;
  }

  const metric_options what;
  /// Of histograms only.
  const std::vector<double> bounds;
  mutable std::mutex mutex;
  std::map<std::vector<std::string>, std::shared_ptr<cell>> series;

private:
  std::shared_ptr<cell> make() const {
    if constexpr (std::is_same_v<Metric, metrics::histogram>)
      return std::make_shared<cell>(bounds);
    else
      return std::make_shared<cell>();
  }
};

template <class Metric>
Metric metrics::family<Metric>::with(
  std::initializer_list<std::string_view> values) const {
  if (impl_ == nullptr)
    return {};
  std::vector<std::string> key(impl_->what.labels.size());
  for (size_t i = 0; i < std::min(key.size(), values.size()); ++i)
    key[i] = bounded_text(values.begin()[i], max_value_bytes);
  return impl_->with(std::move(key));
}

template class metrics::family<metrics::counter>;
template class metrics::family<metrics::gauge>;
template class metrics::family<metrics::histogram>;

struct metrics::impl {
  using any_family =
    std::variant<family<counter>, family<gauge>, family<histogram>>;

  template <class Metric>
  caf::expected<family<Metric>> declare(const metric_options& what,
                                        std::vector<double> bounds);

  mutable std::mutex mutex;
  std::map<std::string, any_family> families;

  /// Held while hooks are called: none is called after it is gone.
  mutable std::mutex hooks_mutex;
  std::list<std::function<void()>> hooks;
};

namespace {

caf::error wrong(const metric_options& what, const std::string& problem) {
  return make_error(ec::invalid_argument,
                    "metric " + bounded_text(what.name, 128) + ": " + problem);
}

bool is_name(std::string_view x) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !x.empty() && x.size() <= 128 && x.front() >= 'a'
      && std::all_of(x.begin(), x.end(), good);
}

/// What is wrong with *what*, if something is.
caf::error check(const metric_options& what, prometheus::MetricType type) {
  if (!is_name(what.name)
      || !(what.name.starts_with("themachine_")
           || what.name.starts_with("process_")))
    return wrong(what, "the name must be themachine_ and lower-case words with "
                       "underscores between");
  auto counts = type == prometheus::MetricType::Counter;
  if (what.name.ends_with("_total") != counts)
    return wrong(what, "the names of counters, and no others, end in _total");
  if (what.help.empty() || what.help.size() > 256
      || what.help.find_first_of("\n\\") != std::string::npos)
    return wrong(what, "the help must be a sentence of at most 256 bytes, "
                       "without line breaks and backslashes");
  if (what.labels.size() > metrics::max_labels)
    return wrong(what, "at most " + std::to_string(metrics::max_labels)
                         + " labels are possible");
  for (size_t i = 0; i < what.labels.size(); ++i) {
    auto& label = what.labels[i];
    auto before = what.labels.begin() + static_cast<ptrdiff_t>(i);
    if (!is_name(label) || label == "le"
        || std::find(what.labels.begin(), before, label) != before)
      return wrong(what, "a label must be a lower-case word, not le, and only "
                         "once");
  }
  return caf::none;
}

caf::error check_bounds(const metric_options& what,
                        const std::vector<double>& bounds) {
  auto falls = [](double x, double y) { return !(x < y); };
  if (bounds.empty() || bounds.size() > metrics::max_buckets
      || !std::all_of(bounds.begin(), bounds.end(),
                      [](double x) { return std::isfinite(x); })
      || std::adjacent_find(bounds.begin(), bounds.end(), falls)
           != bounds.end())
    return wrong(what, "a histogram has 1 to "
                         + std::to_string(metrics::max_buckets)
                         + " bounds, which must ascend");
  return caf::none;
}

} // namespace

template <class Metric>
caf::expected<metrics::family<Metric>>
metrics::impl::declare(const metric_options& what, std::vector<double> bounds) {
  using found = family<Metric>;
  if (auto problem = check(what, traits<Metric>::type))
    return problem;
  std::lock_guard guard{mutex};
  if (auto i = families.find(what.name); i != families.end()) {
    auto* same = std::get_if<found>(&i->second);
    if (same == nullptr || same->impl_->what.labels != what.labels
        || same->impl_->bounds != bounds)
      return make_error(ec::conflict, "metric " + what.name
                                        + " is declared already, as something "
                                          "else; choose another name");
    return *same;
  }
  if (families.size() >= max_families)
    return make_error(ec::limit_exceeded,
                      "metric " + what.name + ": "
                        + std::to_string(max_families)
                        + " are declared already; use labels");
  found result;
  result.impl_ =
    std::make_shared<typename found::impl>(what, std::move(bounds));
  families.emplace(what.name, result);
  return result;
}

metrics::metrics() : impl_(std::make_shared<impl>()) {}

caf::expected<metrics::family<metrics::counter>>
metrics::counters(const metric_options& what) {
  return impl_->declare<counter>(what, {});
}

caf::expected<metrics::family<metrics::gauge>>
metrics::gauges(const metric_options& what) {
  return impl_->declare<gauge>(what, {});
}

caf::expected<metrics::family<metrics::histogram>>
metrics::histograms(const metric_options& what,
                    const std::vector<double>& bounds) {
  if (auto problem = check_bounds(what, bounds))
    return problem;
  return impl_->declare<histogram>(what, bounds);
}

std::shared_ptr<const void> metrics::on_collect(std::function<void()> hook) {
  std::lock_guard guard{impl_->hooks_mutex};
  auto place = impl_->hooks.insert(impl_->hooks.end(), std::move(hook));
  return {&*place, [owner = impl_, place](const void*) {
            std::lock_guard inner{owner->hooks_mutex};
            owner->hooks.erase(place);
          }};
}

std::string metrics::render() const {
  {
    std::lock_guard guard{impl_->hooks_mutex};
    for (auto& hook : impl_->hooks)
      hook();
  }
  std::vector<prometheus::MetricFamily> all;
  {
    std::lock_guard guard{impl_->mutex};
    for (auto& [name, one] : impl_->families)
      all.push_back(
        std::visit([](auto& x) { return x.impl_->collect(); }, one));
  }
  return prometheus::TextSerializer{}.Serialize(all);
}

} // namespace machine

#pragma once

#include "runtime/error.hpp"

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
} // namespace prometheus

namespace machine {

/// What a family of metrics is.
struct metric_options {
  /// `themachine_`, the thing, its base unit: `themachine_request_seconds`. A
  /// counter, and nothing else, ends in `_total`. See
  /// https://prometheus.io/docs/practices/naming/.
  std::string name;
  /// A sentence for people, on one line.
  std::string help;
  /// At most 8 names.
  std::vector<std::string> labels;
};

/// Upper bounds of buckets for the length of what takes from milliseconds to
/// minutes, in seconds.
std::vector<double> seconds_buckets();

/// The metrics of a process, as Prometheus reads them. A value that is handed
/// down; there is none for the whole process. Any thread may call every member.
class metrics {
public:
  /// How much has happened: a number that only grows. A handle is cheap to
  /// copy, any thread may use it, and it may outlive the metrics; one that came
  /// from no family counts nothing.
  class counter {
  public:
    counter() = default;

    explicit counter(std::shared_ptr<prometheus::Counter> cell);

    /// What is negative or not finite is not added.
    void add(double amount = 1) const;

    double value() const;

  private:
    std::shared_ptr<prometheus::Counter> cell_;
  };

  /// How much there is now. A handle is as one of a `counter`.
  class gauge {
  public:
    gauge() = default;

    explicit gauge(std::shared_ptr<prometheus::Gauge> cell);

    void set(double value) const;

    void add(double amount) const;

    double value() const;

  private:
    std::shared_ptr<prometheus::Gauge> cell_;
  };

  /// How values are spread: a count for each bucket. A handle is as one of a
  /// `counter`, but updates of one series wait for each other.
  class histogram {
  public:
    histogram() = default;

    explicit histogram(std::shared_ptr<prometheus::Histogram> cell);

    /// What is not finite is not counted.
    void observe(double value) const;

  private:
    std::shared_ptr<prometheus::Histogram> cell_;
  };

  /// The series of one name, which differ in the values of their labels. Copies
  /// share their series.
  template <class Metric>
  class family {
  public:
    /// The series whose labels have these values, in the order in which their
    /// names were declared; what is missing is empty, what is too much is
    /// ignored. Makes it if it is new. Takes a lock: ask once, keep the handle.
    Metric with(std::initializer_list<std::string_view> values = {}) const;

  private:
    friend class metrics;

    struct impl;

    std::shared_ptr<impl> impl_;
  };

  /// The type of what `render` gives, as HTTP calls it.
  static constexpr std::string_view content_type =
    "text/plain; version=0.0.4; charset=utf-8";

  /// Sets of values that a family tells apart. All others share one series, all
  /// of whose labels have the value `other`: nothing that a client sends can
  /// fill the memory.
  static constexpr size_t max_series = 1'000;

  /// A longer value of a label is cut, in bytes.
  static constexpr size_t max_value_bytes = 128;

  static constexpr size_t max_families = 1'000;
  static constexpr size_t max_labels = 8;
  static constexpr size_t max_buckets = 64;

  metrics();

  /// Declares a family of counters, or finds the one that was declared with the
  /// same labels. Fails with `invalid_argument` (a name, a label or a help that
  /// is none), `conflict` (the name is that of something else) or
  /// `limit_exceeded`.
  caf::expected<family<counter>> counters(const metric_options& what);

  /// The same for gauges.
  caf::expected<family<gauge>> gauges(const metric_options& what);

  /// The same for histograms. *bounds* ascend; the bucket of all that is larger
  /// comes by itself.
  caf::expected<family<histogram>>
  histograms(const metric_options& what,
             const std::vector<double>& bounds = seconds_buckets());

  /// Has *hook* called at the beginning of every `render`, to set what is only
  /// known when asked for: the length of a queue. It must not throw, render or
  /// add hooks. It is called until the result is gone, which waits for a call
  /// that is under way.
  [[nodiscard]] std::shared_ptr<const void>
  on_collect(std::function<void()> hook);

  /// All series in the text format of Prometheus, version 0.0.4, in the order
  /// of their names.
  std::string render() const;

private:
  struct impl;

  std::shared_ptr<impl> impl_;
};

} // namespace machine

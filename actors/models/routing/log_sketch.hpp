#pragma once

#include "runtime/wire/describe.hpp"

namespace machine::models {

/// How values from 1 to 100,000 are distributed, in 256 bytes: counts of
/// buckets whose bounds grow by a fifth each, as in DDSketch (Masson, Rim, Lee,
/// 2019). A quantile is off by at most a tenth; smaller and larger values
/// count as the ends. Once there are `capacity` values, all counts are halved:
/// what is older counts less and less, and what happened once is forgotten.
struct log_sketch {
  static constexpr size_t buckets = 64;
  static constexpr uint64_t capacity = 256;

  std::array<uint32_t, buckets> counts{};

  static constexpr const char* wire_name = "log_sketch";

  static constexpr auto fields() {
    return wire::members(wire::field{"counts", &log_sketch::counts});
  }

  /// Values that are counted still.
  uint64_t total() const;

  /// Counts *value*; one that is no number counts for nothing.
  void add(double value);

  /// Counts what *other* has counted, which must be something else.
  void add(const log_sketch& other);

  /// The value below which the part *q* of all lies, 0 to 1; none without any.
  std::optional<double> quantile(double q) const;

  std::optional<double> mean() const;

  /// The standard deviation as a part of the mean.
  std::optional<double> spread() const;

  bool operator==(const log_sketch&) const = default;

private:
  void forget();
};

} // namespace machine::models

#pragma once

#include "runtime/store/store.hpp"
#include "tests/bench/report.hpp"

#include <memory>
#include <string>
#include <vector>

namespace machine::bench {

std::shared_ptr<store::engine> open_store(const std::string& path);

/// The appends that a log is made of, one event each, with the row and the
/// snapshot that the entity wrote beside them.
std::vector<store::stream_append> appends_of(store::engine& engine,
                                             const store::stream_id& stream);

/// The right to write to a store.
struct writer {
  store::engine& engine;
  uint32_t shard = 0;
  uint64_t epoch = 0;
};

/// Appends a second of *what* to each of *width* streams named after *name*, to
/// each one append at a time.
double append_side_by_side(const writer& to, const std::string& name,
                           const std::vector<store::stream_append>& what,
                           size_t width);

/// How long a log of 100,000 events takes to become a state again, with and
/// without a snapshot: measured and printed.
void measure_recovery(store::engine& engine);

} // namespace machine::bench

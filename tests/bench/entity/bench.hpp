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

/// Appends a second of *what*, one after the other, to a stream *name*.
double append_one_by_one(store::engine& engine, const std::string& name,
                         const std::vector<store::stream_append>& what);

/// The same to each of *width* streams at once.
double append_side_by_side(store::engine& engine, const std::string& name,
                           const std::vector<store::stream_append>& what,
                           size_t width);

/// How long a log of 100,000 events takes to become a state again, with and
/// without a snapshot: measured and printed.
void measure_recovery(store::engine& engine);

} // namespace machine::bench

#pragma once

#include "tests/bench/report.hpp"

#include <memory>
#include <string>
#include <vector>

namespace machine::bench {

/// The payload of each event, in bytes.
constexpr size_t payload_size = 256;

/// What one round measured.
struct round {
  size_t appends = 0;
  size_t commits = 0;
  clock::duration total{};
  /// How long each append took to be durable, in microseconds.
  std::vector<double> latencies;

  /// Appends a second.
  double rate() const {
    return static_cast<double>(appends) / seconds(total);
  }
};

/// Something that appends events, a number of them at a time.
class contestant {
public:
  virtual ~contestant() = default;

  /// Appends one event to each of *width* streams, *times* times.
  virtual round run(size_t width, size_t times) = 0;
};

/// A loop over LMDB itself, in the new directory *path*: for each event just
/// what the engine puts, which is the event and its stream's head in the same
/// two tables under the same keys, then a commit for all of the width. What the
/// engine reads and checks beside it is what the comparison is about.
std::unique_ptr<contestant> make_raw(const std::string& path);

/// The engine, in the new directory *path*: as many appends at once as the
/// width, and again when all of them are durable, so that its batches are those
/// of the raw loop.
std::unique_ptr<contestant> make_engine(const std::string& path);

/// Events per second of reading *count* events from an engine in the new
/// directory *path*.
double read_back(const std::string& path, size_t count);

inline double microseconds(clock::duration x) {
  return std::chrono::duration<double, std::micro>(x).count();
}

} // namespace machine::bench

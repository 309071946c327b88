#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace machine::bench {

using clock = std::chrono::steady_clock;

/// The payload of each event, in bytes.
constexpr size_t payload_size = 256;

/// What one round measured.
struct round {
  size_t appends = 0;
  clock::duration total{};
  /// How long each append took to be durable.
  std::vector<clock::duration> latencies;

  double rate() const {
    return static_cast<double>(appends)
         / std::chrono::duration<double>(total).count();
  }
};

/// Something that appends events, a number of them at a time.
class contestant {
public:
  virtual ~contestant() = default;

  /// Appends one event to each of *width* streams, *times* times.
  virtual round run(size_t width, size_t times) = 0;
};

/// A loop over LMDB itself, in the new directory *path*: for each event the
/// event and its stream's head, then a commit for all of the width.
std::unique_ptr<contestant> make_raw(const std::string& path);

/// The engine, in the new directory *path*: as many appenders as the width,
/// each of which appends again when it hears that it may.
std::unique_ptr<contestant> make_engine(const std::string& path);

/// Events per second of reading *count* events from an engine in the new
/// directory *path*.
double read_back(const std::string& path, size_t count);

/// Ends the program with a message.
[[noreturn]] void give_up(const std::string& why);

} // namespace machine::bench

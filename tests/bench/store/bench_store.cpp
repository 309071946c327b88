#include "tests/bench/store/bench.hpp"

#include "tests/support/directory.hpp"

#include <array>

// Compares the engine with a loop over LMDB that makes the same commits, side
// by side: the rounds of the two alternate, and their order does too.

using namespace machine::bench;

namespace {

/// Many short ones: what else the machine does then spoils a few of them, and
/// the median does not see it.
constexpr size_t rounds = 11;

/// Each with new files, for where the disk puts a file may make it slow.
constexpr size_t files = 3;

/// About how long a round takes.
constexpr auto wanted = std::chrono::milliseconds{120};

constexpr goal commit_ratio{goal::side::at_least, 0.8};

struct series {
  std::vector<double> rates;
  std::vector<double> latencies;
  size_t appends = 0;
  size_t commits = 0;

  void add(const round& x) {
    rates.push_back(x.rate());
    latencies.insert(latencies.end(), x.latencies.begin(), x.latencies.end());
    appends += x.appends;
    commits += x.commits;
  }

  void print(const char* name, size_t width) const {
    std::printf("%5zu  %-6s %10.0f %10.0f %10.0f %12.1f\n", width, name,
                median(rates), quantile(latencies, 0.5),
                quantile(latencies, 0.99),
                static_cast<double>(appends) / static_cast<double>(commits));
  }
};

struct comparison {
  series raw;
  series engine;
  std::vector<double> ratios;

  void run(contestant& of_raw, contestant& of_engine, size_t width) {
    constexpr size_t trial = 50;
    of_engine.run(width, trial);
    auto pace = of_raw.run(width, trial).total / trial;
    auto times = std::clamp<size_t>(wanted / pace, 20, 20'000);
    for (size_t i = 0; i < rounds; ++i) {
      auto raw_first = i % 2 == 0;
      if (raw_first)
        raw.add(of_raw.run(width, times));
      engine.add(of_engine.run(width, times));
      if (!raw_first)
        raw.add(of_raw.run(width, times));
      ratios.push_back(engine.rates.back() / raw.rates.back());
    }
  }

  void print(size_t width) const {
    raw.print("raw", width);
    engine.print("engine", width);
    std::printf("       engine/raw %s\n     ", spread(ratios, 2).c_str());
    judge(ratios, commit_ratio);
  }
};

} // namespace

int main() {
  warn_of_slow_build();
  machine::test::temporary_directory place;
  std::printf("Appends of one event of %zu bytes, with fsync, in %s.\n\n",
              payload_size, place.path().c_str());
  constexpr std::array<size_t, 4> widths{1, 8, 32, 128};
  std::array<comparison, widths.size()> all;
  for (size_t n = 0; n < files; ++n) {
    auto raw = make_raw(place / ("raw" + std::to_string(n)));
    auto engine = make_engine(place / ("engine" + std::to_string(n)));
    for (size_t i = 0; i < widths.size(); ++i)
      all[i].run(*raw, *engine, widths[i]);
  }
  std::puts("width          appends/s   p50 (us)   p99 (us)  appends/commit");
  for (size_t i = 0; i < widths.size(); ++i)
    all[i].print(widths[i]);
  constexpr size_t count = 100'000;
  std::printf("\nReading back %zu events: %.0f events/s\n", count,
              read_back(place / "read", count));
}

#include "tests/bench/store/bench.hpp"

#include "tests/support/directory.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

// Compares the engine with a loop over LMDB that makes the same commits, side
// by side: the rounds of the two alternate, and their order does too.

using namespace machine::bench;

namespace {

constexpr size_t rounds = 7;

/// About how long a round takes.
constexpr auto wanted = std::chrono::milliseconds{400};

double median(std::vector<double> xs) {
  std::sort(xs.begin(), xs.end());
  return xs[xs.size() / 2];
}

double microseconds(std::vector<clock::duration> xs, double quantile) {
  std::sort(xs.begin(), xs.end());
  auto i = static_cast<size_t>(quantile * static_cast<double>(xs.size() - 1));
  return std::chrono::duration<double, std::micro>(xs[i]).count();
}

struct series {
  std::vector<double> rates;
  std::vector<clock::duration> latencies;

  void add(const round& x) {
    rates.push_back(x.rate());
    latencies.insert(latencies.end(), x.latencies.begin(), x.latencies.end());
  }

  void print(const char* name, size_t width) const {
    std::printf("%5zu  %-6s %12.0f %12.0f %12.0f\n", width, name, median(rates),
                microseconds(latencies, 0.5), microseconds(latencies, 0.99));
  }
};

void compare(contestant& raw, contestant& engine, size_t width) {
  constexpr size_t trial = 50;
  engine.run(width, trial);
  auto pace = raw.run(width, trial).total / trial;
  auto times = std::clamp<size_t>(wanted / pace, 20, 20'000);
  series of_raw;
  series of_engine;
  std::vector<double> ratios;
  for (size_t i = 0; i < rounds; ++i) {
    auto raw_first = i % 2 == 0;
    if (raw_first)
      of_raw.add(raw.run(width, times));
    of_engine.add(engine.run(width, times));
    if (!raw_first)
      of_raw.add(raw.run(width, times));
    ratios.push_back(of_engine.rates.back() / of_raw.rates.back());
  }
  of_raw.print("raw", width);
  of_engine.print("engine", width);
  auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  std::printf("       engine/raw %.2f (%.2f to %.2f in %zu rounds)\n",
              median(ratios), *low, *high, rounds);
}

} // namespace

namespace machine::bench {

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_store: %s\n", why.c_str());
  std::_Exit(1);
}

} // namespace machine::bench

int main() {
#ifndef __OPTIMIZE__
  std::puts("This is a build without optimisation: the numbers mean little.");
#endif
  machine::test::temporary_directory place;
  std::printf("Appends of one event of %zu bytes, with fsync, in %s.\n\n",
              payload_size, place.path().c_str());
  std::puts("width          appends/s   p50 (us)     p99 (us)");
  {
    auto raw = make_raw(place / "raw");
    auto engine = make_engine(place / "engine");
    for (size_t width : {1, 32, 128})
      compare(*raw, *engine, width);
  }
  constexpr size_t count = 100'000;
  std::printf("\nReading back %zu events: %.0f events/s\n", count,
              read_back(place / "read", count));
}

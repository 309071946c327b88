// The limit: what a step of a run costs if nothing but an actor and a durable
// record of it is there. Prints what compare.mjs reads, a line for each
// measurement.
//
// Usage: bench_runs_bare [DIRECTORY] [SECONDS] [ROUNDS]

#include "tests/bench/runs/lanes.hpp"
#include "tests/bench/runs/writer.hpp"
#include "tests/support/directory.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <array>
#include <string>

using namespace machine::bench;

namespace {

constexpr uint32_t steps_of_a_run = 10;

constexpr std::array<size_t, 4> widths{1, 32, 100, 128};

/// A round of runs, and the log that they write to.
struct round_of_runs : lanes {
  round_of_runs(writer& to, clock::time_point until) : lanes(until), to(to) {}

  writer& to;
};

struct run_state {
  static inline const char* name = "run";
  record last;
  clock::time_point began;
  std::vector<double> latencies;
};

/// A chain of steps, each of which is done when its record is durable.
caf::behavior run(caf::stateful_actor<run_state>* self, round_of_runs* all) {
  auto begin_step = [self, all] {
    auto& state = self->state;
    ++state.last.step;
    state.began = clock::now();
    all->to.hand(state.last, caf::actor_cast<caf::actor>(self));
  };
  self->state.last.run = all->next_run();
  begin_step();
  return {
    [=](caf::ok_atom) {
      auto& state = self->state;
      auto now = clock::now();
      state.latencies.push_back(milliseconds(now - state.began));
      if (state.last.step < steps_of_a_run) {
        begin_step();
        return;
      }
      all->finish(state.latencies);
      if (now < all->until)
        self->system().spawn(run, all);
      else
        all->end_lane();
      self->quit();
    },
  };
}

void measure_chains(caf::actor_system& system, const std::string& path,
                    clock::duration time, size_t width) {
  writer to{path};
  auto began = clock::now();
  round_of_runs all{to, began + time};
  for (size_t i = 0; i < width; ++i)
    system.spawn(run, &all);
  auto latencies = all.wait(width);
  auto total = seconds(clock::now() - began);
  auto steps = latencies.size();
  std::printf(R"({"peer":"bare","graph":"chain","runs":%zu,"steps":%zu,)"
              R"("seconds":%.3f,"steps_per_second":%.1f,)"
              R"("latency_ms_p50":%.3f,"latency_ms_p99":%.3f,)"
              R"("steps_per_commit":%.1f})"
              "\n",
              width, steps, total, static_cast<double>(steps) / total,
              quantile(latencies, 0.5), quantile(latencies, 0.99),
              static_cast<double>(steps) / static_cast<double>(to.commits()));
  std::fflush(stdout);
  system.await_all_actors_done();
}

/// Single records, one commit after the other.
void measure_disk(const std::string& path, clock::duration time) {
  database to{path};
  std::vector<double> took;
  record x;
  for (auto until = clock::now() + time; clock::now() < until;) {
    auto began = clock::now();
    ++x.step;
    to.commit({&x, 1});
    took.push_back(milliseconds(clock::now() - began));
  }
  std::printf(R"({"peer":"disk","commits":%zu,"commit_ms_p25":%.3f,)"
              R"("commit_ms_p50":%.3f,"commit_ms_p75":%.3f})"
              "\n",
              took.size(), quantile(took, 0.25), quantile(took, 0.5),
              quantile(took, 0.75));
  std::fflush(stdout);
}

struct config : caf::actor_system_config {
  config() {
    config_file_path = "";
    // As the machine's nodes have it.
    set("scheduler.policy", caf::atom("sharing"));
  }
};

} // namespace

int main(int argc, char** argv) {
  if (argc > 1)
    ::setenv("TMPDIR", argv[1], 1);
  auto time = std::chrono::duration_cast<clock::duration>(
    std::chrono::duration<double>(argc > 2 ? std::atof(argv[2]) : 1));
  auto rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  machine::test::temporary_directory place;
  config settings;
  caf::actor_system system{settings};
  for (int i = 0; i < rounds; ++i) {
    auto path = place / std::to_string(i);
    measure_disk(path + "-disk", time);
    for (auto width : widths)
      measure_chains(system, path + "-" + std::to_string(width), time, width);
  }
}

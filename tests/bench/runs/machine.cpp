// Runs of the machine itself: a node with its store, as `themachine up` has it,
// without the door for clients. Prints what compare.mjs reads, a line for each
// measurement.
//
// Usage: bench_runs_machine [DIRECTORY] [SECONDS] [ROUNDS]

#include "actors/node/actors.hpp"
#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"

#include "tests/bench/runs/graphs.hpp"
#include "tests/bench/runs/lanes.hpp"
#include "tests/support/directory.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <array>

using namespace machine;
using namespace machine::bench;

namespace {

constexpr std::array<size_t, 3> widths{1, 32, 100};

/// Runs of one graph on a node.
struct measurement : lanes {
  measurement(node& on, const graph& what, std::string name,
              bench::clock::duration time)
      : lanes(bench::clock::now() + time), on(on), what(what),
        name(std::move(name)) {}

  node& on;
  const graph& what;
  const std::string name;

  std::string next_id() {
    return "r-" + name + "-" + std::to_string(next_run());
  }
};

bool contains(const bytes& payload, std::string_view word) {
  std::string_view text{reinterpret_cast<const char*>(payload.data()),
                        payload.size()};
  return text.find(word) != text.npos;
}

struct lane_state {
  static inline const char* name = "lane";
  bench::clock::time_point began;
  bench::clock::time_point due;
  std::vector<double> latencies;
};

/// Follows one run. Steps that share a commit have all waited for it: each is
/// said to have taken as long as it took since the commit before.
void take(lane_state& state, const graph& what, const bytes& payload,
          bench::clock::time_point now) {
  if (contains(payload, "step_done"))
    state.latencies.push_back(milliseconds(now - state.due));
  if (!contains(payload, "run_ended"))
    return;
  auto event =
    wire::from_msgpack<entity::recorded<orchestrator::run_event>>(payload);
  auto* end =
    event ? std::get_if<orchestrator::run_ended>(&event->event) : nullptr;
  if (end == nullptr)
    return;
  if (end->result != orchestrator::run_result::done
      || end->output.text != what.result)
    give_up("a run ended with " + end->output.text + " " + end->message);
}

caf::behavior lane(caf::stateful_actor<lane_state>* self, measurement* all) {
  auto& actors = all->on.actors();
  entity::key key{local_tenant, all->next_id()};
  store::stream_id log{orchestrator::run::kind, key.tenant, key.id};
  self->state.began = self->state.due = bench::clock::now();
  auto me = caf::actor_cast<entity::follower_actor>(self);
  self->request(actors.feed, caf::infinite, atom::follow_v, log, me)
    .then(
      [=, &actors](bool) {
        self
          ->request(
            actors.runs, patience, atom::command_v, key,
            orchestrator::run_command{orchestrator::create_run{all->what.run}})
          .then([](const entity::outcome<orchestrator::run>&) {},
                [](const caf::error& why) { give_up(render(why)); });
      },
      [](const caf::error& why) { give_up(render(why)); });
  return {
    [=, &actors](atom::publish, const entity::published& what) {
      auto& state = self->state;
      auto now = bench::clock::now();
      auto ended = false;
      for (auto& x : what.payloads) {
        take(state, all->what, x, now);
        ended |= contains(x, "run_ended");
      }
      state.due = now;
      if (!ended)
        return;
      // Those of a run that it called are not followed.
      if (all->what.nested)
        state.latencies.assign(all->what.steps,
                               milliseconds(now - state.began)
                                 / static_cast<double>(all->what.steps));
      if (state.latencies.size() != all->what.steps)
        give_up("a run had " + std::to_string(state.latencies.size())
                + " steps");
      all->finish(state.latencies);
      self->send(actors.feed, atom::unfollow_v, log, me);
      if (now < all->until)
        self->system().spawn(lane, all);
      else
        all->end_lane();
      self->quit();
    },
    [](atom::live, const entity::live_piece&) {},
  };
}

void measure(node& on, const graph& what, const std::string& name,
             bench::clock::duration time, size_t width, bool told) {
  measurement all{on, what, name, time};
  auto began = bench::clock::now();
  for (size_t i = 0; i < width; ++i)
    on.actors().system.spawn(lane, &all);
  auto latencies = all.wait(width);
  auto total = seconds(bench::clock::now() - began);
  if (!told)
    return;
  auto steps = latencies.size();
  std::printf(R"({"peer":"themachine","graph":"%s","runs":%zu,"steps":%zu,)"
              R"("seconds":%.3f,"steps_per_second":%.1f,)"
              R"("latency_ms_p50":%.3f,"latency_ms_p99":%.3f})"
              "\n",
              what.name.c_str(), width, steps, total,
              static_cast<double>(steps) / total, quantile(latencies, 0.5),
              quantile(latencies, 0.99));
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  if (auto code = orchestrator::serve_jq_if_asked(argc, argv))
    return *code;
  if (argc > 1)
    ::setenv("TMPDIR", argv[1], 1);
  auto time = std::chrono::duration_cast<bench::clock::duration>(
    std::chrono::duration<double>(argc > 2 ? std::atof(argv[2]) : 1));
  auto rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  std::string only = argc > 4 ? argv[4] : "";
  for (int i = 0; i < rounds; ++i) {
    test::temporary_directory dir;
    node_options options;
    options.data_directory = dir.path();
    auto engine = store::open_lmdb(dir / "store");
    if (!engine)
      give_up(render(engine.error()));
    options.engine = *engine;
    options.on_failure = [](auto& who, auto& why) {
      std::fprintf(stderr, "%s: %s\n", who.c_str(), render(why).c_str());
    };
    node on{std::move(options)};
    for (auto& what : graphs()) {
      if (!only.empty() && only != what.name)
        continue;
      measure(on, what, what.name + "-warm", time / 2, 4, false);
      for (auto width : widths)
        measure(on, what, what.name + "-" + std::to_string(width), time, width,
                true);
    }
  }
}

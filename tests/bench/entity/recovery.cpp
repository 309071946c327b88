#include "actors/tracker/project.hpp"
#include "runtime/entity/load.hpp"

#include "tests/bench/entity/bench.hpp"

#include <future>

namespace machine::bench {

namespace {

constexpr size_t count = 100'000;
constexpr size_t rounds = 9;

/// How far behind the end of its log a snapshot is at most, as the machine
/// makes them by default.
constexpr size_t snapshot_every = 200;

constexpr goal recovery_time{goal::side::below, 3'000};

const entity::key id{"t", "long"};

void append(store::engine& engine, store::stream_append what) {
  std::promise<caf::expected<void>> done;
  store::batch all;
  what.stream = entity::stream_of<tracker::project>(id);
  all.streams.push_back(std::move(what));
  engine.append(std::move(all),
                [&](caf::expected<void> x) { done.set_value(std::move(x)); });
  if (auto x = done.get_future().get(); !x)
    give_up(render(x.error()));
}

bytes payload(tracker::project_event event) {
  return wire::to_msgpack(
    entity::recorded<tracker::project_event>{timestamp{}, std::move(event)});
}

bytes task_payload(uint64_t n) {
  tracker::task_created created;
  created.task.id = "t-" + std::to_string(n);
  created.task.title = "Count how many there are";
  return payload(std::move(created));
}

bytes charge_payload(uint64_t n) {
  tracker::charge_booked charge;
  charge.run = "r-0123456789abcdef";
  charge.number = n;
  charge.effect = "write#1." + std::to_string(n);
  charge.model = "some-model";
  charge.cost = 13;
  return payload(std::move(charge));
}

/// A project that is used a lot: charges, and a task now and then.
void write_log(store::engine& engine) {
  constexpr size_t chunk = 5'000;
  uint64_t written = 0;
  while (written < count) {
    store::stream_append part;
    part.expected_seq = written;
    for (; part.events.size() < chunk && written < count; ++written)
      if (written == 0)
        part.events.push_back(
          payload(tracker::project_created{"bench", std::nullopt}));
      else if (written % 100 == 0)
        part.events.push_back(task_payload(written));
      else
        part.events.push_back(charge_payload(written));
    append(engine, std::move(part));
  }
}

void measure(const char* what, store::engine& engine, uint64_t snapshot_seq) {
  std::vector<double> times;
  for (size_t i = 0; i < rounds; ++i) {
    auto began = clock::now();
    auto loaded = entity::replay<tracker::project>(engine, id);
    times.push_back(seconds(clock::now() - began) * 1'000);
    if (!loaded)
      give_up(render(loaded.error()));
    if (loaded->last_seq != count || loaded->snapshot_seq != snapshot_seq)
      give_up("what was recovered is not what was written");
  }
  report(what, times, 1, "ms");
  judge(times, recovery_time, "ms");
}

} // namespace

void measure_recovery(store::engine& engine) {
  write_log(engine);
  measure("recovery of 100,000 events, no snapshot", engine, 0);
  // The state as it was when a snapshot was last due.
  constexpr auto at = count - snapshot_every + 1;
  tracker::project::state state;
  auto log =
    engine.read(entity::stream_of<tracker::project>(id), 1, at, SIZE_MAX);
  if (!log || log->size() != at)
    give_up("the log does not read");
  for (auto& event : *log)
    if (auto err =
          entity::apply_payload<tracker::project>(state, event.payload))
      give_up(render(err));
  store::stream_append image;
  image.expected_seq = count;
  image.snapshot = store::snapshot{at, tracker::project::snapshot_schema,
                                   wire::to_msgpack(state)};
  append(engine, std::move(image));
  measure("recovery of 100,000 events, with a snapshot", engine, at);
}

} // namespace machine::bench

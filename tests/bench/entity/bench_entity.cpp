// Commands a second of durable entities, and how long 100,000 events take to
// become a state again. Beside them, in the same run: what the store alone does
// with the same appends.

#include "actors/node/actors.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/store/lmdb.hpp"
#include "tests/support/directory.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <cstdio>
#include <future>

using namespace machine;
using steady = std::chrono::steady_clock;

namespace {

constexpr int rounds = 5;

double seconds_since(steady::time_point began) {
  return std::chrono::duration<double>(steady::now() - began).count();
}

void report(const char* what, std::vector<double> values, const char* unit) {
  std::sort(values.begin(), values.end());
  std::printf("%-46s median %10.1f %s  (%.1f to %.1f, %zu rounds)\n", what,
              values[values.size() / 2], unit, values.front(), values.back(),
              values.size());
}

std::shared_ptr<store::engine> open(const std::string& path) {
  auto engine = store::open_lmdb(path);
  if (!engine) {
    std::fprintf(stderr, "%s\n", render(engine.error()).c_str());
    std::exit(1);
  }
  return *engine;
}

/// *count* commands to each of *entities* projects, all at once.
double commands_a_second(node& machine, size_t entities, size_t count,
                         int round) {
  auto& actors = machine.actors();
  caf::scoped_actor self{actors.system};
  auto id = [&](size_t i) {
    return entity::key{local_tenant, "p" + std::to_string(round) + "-"
                                       + std::to_string(entities) + "-"
                                       + std::to_string(i)};
  };
  auto ask = [&](size_t i, tracker::project_command what) {
    self->send(actors.projects, atom::command_v, id(i), std::move(what));
  };
  size_t answers = 0;
  auto receive = [&](size_t wanted) {
    while (answers < wanted)
      self->receive(
        [&](const entity::outcome<tracker::project>&) { ++answers; },
        [&](caf::error& why) {
          std::fprintf(stderr, "%s\n", render(why).c_str());
          std::exit(1);
        });
  };
  for (size_t i = 0; i < entities; ++i)
    ask(i, tracker::create_project{"bench", std::nullopt});
  receive(entities);
  answers = 0;
  auto began = steady::now();
  for (size_t n = 0; n < count; ++n)
    for (size_t i = 0; i < entities; ++i) {
      tracker::create_task what;
      what.title = "a task";
      ask(i, std::move(what));
    }
  receive(entities * count);
  return static_cast<double>(entities * count) / seconds_since(began);
}

/// One command after the other, each waiting for its commit.
double one_by_one(node& machine, size_t count, int round) {
  auto& actors = machine.actors();
  caf::scoped_actor self{actors.system};
  entity::key id{local_tenant, "one" + std::to_string(round)};
  auto ask = [&](tracker::project_command what) {
    self
      ->request(actors.projects, std::chrono::seconds{30}, atom::command_v, id,
                std::move(what))
      .receive([](const entity::outcome<tracker::project>&) {},
               [](const caf::error& why) {
                 std::fprintf(stderr, "%s\n", render(why).c_str());
                 std::exit(1);
               });
  };
  ask(tracker::create_project{"bench", std::nullopt});
  auto began = steady::now();
  for (size_t n = 0; n < count; ++n) {
    tracker::create_task what;
    what.title = "a task";
    ask(std::move(what));
  }
  return static_cast<double>(count) / seconds_since(began);
}

/// The same appends without an entity.
double bare_appends(store::engine& engine, size_t count, int round) {
  store::stream_id stream{"bare", "t", "s" + std::to_string(round)};
  bytes payload(150, 'x');
  auto began = steady::now();
  for (uint64_t n = 0; n < count; ++n) {
    std::promise<bool> done;
    auto result = done.get_future();
    store::stream_append part;
    part.stream = stream;
    part.expected_seq = n;
    part.events = {payload};
    part.summary = store::summary_row{{}, payload};
    store::batch what;
    what.streams.push_back(std::move(part));
    engine.append(std::move(what), [&](caf::expected<void> x) {
      done.set_value(static_cast<bool>(x));
    });
    if (!result.get()) {
      std::fprintf(stderr, "the store refuses an append\n");
      std::exit(1);
    }
  }
  return static_cast<double>(count) / seconds_since(began);
}

/// Writes a log of *count* events, and reads it back.
void recovery(store::engine& engine, size_t count) {
  entity::key id{"t", "long"};
  auto stream = entity::stream_of<tracker::project>(id);
  uint64_t written = 0;
  auto append = [&](std::vector<bytes> events) {
    std::promise<bool> done;
    auto result = done.get_future();
    store::stream_append part;
    part.stream = stream;
    part.expected_seq = written;
    written += events.size();
    part.events = std::move(events);
    store::batch what;
    what.streams.push_back(std::move(part));
    engine.append(std::move(what), [&](caf::expected<void> x) {
      done.set_value(static_cast<bool>(x));
    });
    if (!result.get())
      std::exit(1);
  };
  auto payload = [](tracker::project_event event) {
    return wire::to_msgpack(
      entity::recorded<tracker::project_event>{timestamp{}, std::move(event)});
  };
  append({payload(tracker::project_created{"bench", std::nullopt})});
  std::vector<bytes> part;
  for (uint64_t n = 1; n < count; ++n) {
    tracker::charge_booked charge;
    charge.run = "r-0123456789abcdef";
    charge.number = n;
    charge.effect = "write#1." + std::to_string(n);
    charge.model = "some-model";
    charge.cost = 13;
    part.push_back(payload(std::move(charge)));
    if (part.size() == 5'000 || n + 1 == count)
      append(std::exchange(part, {}));
  }
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    auto began = steady::now();
    auto loaded = entity::replay<tracker::project>(engine, id);
    if (!loaded || loaded->last_seq != count)
      std::exit(1);
    times.push_back(seconds_since(began) * 1'000);
  }
  report("recovery of 100,000 events", times, "ms");
}

} // namespace

int main() {
  test::temporary_directory dir;
  node_options options;
  options.data_directory = dir.path();
  options.engine = open(dir / "store");
  node machine{std::move(options)};
  // Beside it: nobody else has claimed the shards of this one.
  auto alone_store = open(dir / "bare");
  std::vector<double> one;
  std::vector<double> bare;
  std::vector<double> ratio;
  std::vector<double> many;
  std::vector<double> alone;
  for (int i = 0; i < rounds; ++i) {
    bare.push_back(bare_appends(*alone_store, 300, i));
    one.push_back(one_by_one(machine, 300, i));
    ratio.push_back(one.back() / bare.back());
    alone.push_back(commands_a_second(machine, 1, 2'000, i));
    many.push_back(commands_a_second(machine, 100, 50, i));
  }
  report("the store alone, one append at a time", bare, "/s");
  report("one entity, one command at a time", one, "/s");
  report("  as a ratio of the store alone", ratio, "  ");
  report("one entity, 2,000 commands at once", alone, "/s");
  report("100 entities, 50 commands each, at once", many, "/s");
  recovery(*alone_store, 100'000);
}

// Commands a second of durable entities, beside what the store alone does with
// the same appends in the same round; and how long 100,000 events take to
// become a state again.

#include "actors/node/actors.hpp"
#include "runtime/entity/load.hpp"

#include "tests/bench/entity/bench.hpp"
#include "tests/support/directory.hpp"

#include <caf/scoped_actor.hpp>

using namespace machine;
using namespace machine::bench;

namespace {

constexpr size_t rounds = 11;

/// Commands of one who waits for each.
constexpr size_t sequential = 200;

constexpr size_t width = 100;
constexpr size_t each = 50;

entity::key key_of(const std::string& name) {
  return {local_tenant, name};
}

tracker::create_task task() {
  tracker::create_task what;
  what.title = "a task";
  return what;
}

/// *count* commands to each of *entities* projects, all at once.
double commands_at_once(node& machine, const std::string& name, size_t entities,
                        size_t count) {
  auto& actors = machine.actors();
  caf::scoped_actor self{actors.system};
  auto ask = [&](size_t i, tracker::project_command what) {
    self->send(actors.projects, atom::command_v,
               key_of(name + "-" + std::to_string(i)), std::move(what));
  };
  auto receive = [&](size_t wanted) {
    for (size_t answers = 0; answers < wanted;)
      self->receive(
        [&](const entity::outcome<tracker::project>&) { ++answers; },
        [](caf::error& why) { give_up(render(why)); });
  };
  for (size_t i = 0; i < entities; ++i)
    ask(i, tracker::create_project{"bench", std::nullopt});
  receive(entities);
  auto began = bench::clock::now();
  for (size_t n = 0; n < count; ++n)
    for (size_t i = 0; i < entities; ++i)
      ask(i, task());
  receive(entities * count);
  return static_cast<double>(entities * count)
       / seconds(bench::clock::now() - began);
}

/// One command after the other, each waiting for its commit.
double commands_one_by_one(node& machine, const std::string& name) {
  auto& actors = machine.actors();
  caf::scoped_actor self{actors.system};
  auto ask = [&](tracker::project_command what) {
    self
      ->request(actors.projects, std::chrono::seconds{30}, atom::command_v,
                key_of(name), std::move(what))
      .receive([](const entity::outcome<tracker::project>&) {},
               [](const caf::error& why) { give_up(render(why)); });
  };
  ask(tracker::create_project{"bench", std::nullopt});
  auto began = bench::clock::now();
  for (size_t n = 0; n < sequential; ++n)
    ask(task());
  return static_cast<double>(sequential) / seconds(bench::clock::now() - began);
}

struct pair_of_series {
  std::vector<double> entity;
  std::vector<double> store;

  void print(const char* of_store, const char* of_entity) const {
    std::vector<double> ratios;
    for (size_t i = 0; i < entity.size(); ++i)
      ratios.push_back(entity[i] / store[i]);
    report(of_store, store, 0, "/s");
    report(of_entity, entity, 0, "/s");
    report("  as a ratio of the store alone", ratios, 2);
  }
};

} // namespace

int main() {
  warn_of_slow_build();
  test::temporary_directory dir;
  node_options options;
  options.data_directory = dir.path();
  options.engine = open_store(dir / "store");
  auto used = options.engine;
  node machine{std::move(options)};
  // In the same file, which is as large and has as much to use again: by the
  // right of the machine, which has claimed the shards.
  auto epoch = machine.actors().shards->epoch(0);
  if (!epoch)
    give_up(render(epoch.error()));
  writer alone{*used, 0, *epoch};
  commands_one_by_one(machine, "sample");
  auto sample =
    appends_of(*used, entity::stream_of<tracker::project>(key_of("sample")));
  auto beginning = sample;
  beginning.resize(each);
  pair_of_series one;
  pair_of_series many;
  std::vector<double> flood;
  for (size_t i = 0; i < rounds; ++i) {
    auto name = std::to_string(i);
    auto use_store = [&] {
      one.store.push_back(append_side_by_side(alone, "one" + name, sample, 1));
      many.store.push_back(
        append_side_by_side(alone, "many" + name, beginning, width));
    };
    auto use_entities = [&] {
      one.entity.push_back(commands_one_by_one(machine, "one" + name));
      many.entity.push_back(
        commands_at_once(machine, "many" + name, width, each));
    };
    if (i % 2 == 0)
      use_store();
    use_entities();
    if (i % 2 != 0)
      use_store();
    flood.push_back(commands_at_once(machine, "flood" + name, 1, 2'000));
  }
  one.print("the store alone, one append at a time",
            "one entity, one command at a time");
  many.print("the store alone, 100 streams at once",
             "100 entities, 50 commands each, at once");
  report("one entity, 2,000 commands at once", flood, 0, "/s");
  measure_recovery(*open_store(dir / "long"));
}

#include "tests/sim/world.hpp"

#include "tests/sim/sim_machine.hpp"

namespace machine::sim {

namespace {

/// How often something goes wrong, from seldom to often; 0: never.
constexpr std::array<uint64_t, 5> rates{0, 2'000, 500, 150, 60};

} // namespace

world::world(uint64_t seed, std::set<decision_id> without, trace* to)
    : luck(seed, std::move(without)),
      watching(to == nullptr ? watch::noter{}
                             : [this](const char* who,
                                      const std::string& x) { note(who, x); }),
      store(time, luck,
            [this](const sim_append& what, uint64_t first) {
              watching.on_append(what, first);
            }),
      beyond(watching), trace_(to) {
  crash_every_ = rates[luck.faults.below(rates.size())];
  entity_every_ = rates[luck.faults.below(rates.size())];
  shell_every_ = rates[luck.faults.below(rates.size() - 1)];
  constexpr std::array<uint64_t, 4> all{5, 12, 40, 150};
  failures = all[luck.work.below(all.size())];
  boot();
}

world::~world() {
  time.close();
}

length world::hop() {
  if (luck.faults.happens("a message is late", 150))
    return length{luck.time.between(0, 15'000'000)};
  return length{luck.time.between(20, 800)};
}

bool world::step() {
  ++steps;
  strike();
  return time.step();
}

/// What goes wrong between two steps.
void world::strike() {
  auto& faults = luck.faults;
  if (crash_every_ > 0 && faults.happens("the machine dies", crash_every_))
    crash(length{luck.time.between(1'000, 20'000'000)});
  if (machine_ == nullptr)
    return;
  if (entity_every_ > 0 && faults.happens("an entity dies", entity_every_))
    machine_->crash_entity();
  if (shell_every_ > 0 && faults.happens("a shell dies", shell_every_))
    machine_->crash_shell();
  if (faults.happens("the clock jumps", 1'500)) {
    note("fault", "the clock jumps");
    jump(length{luck.time.between(1'000, 60'000'000)});
  }
  if (faults.happens("somebody else owns a log", 1'500)
      && !store.all().empty()) {
    auto i = store.all().begin();
    std::advance(i,
                 static_cast<ptrdiff_t>(luck.time.below(store.all().size())));
    note("fault", "somebody else owns " + i->first);
    store.usurp(std::string{i->first});
  }
}

void world::crash(length down) {
  if (machine_ == nullptr)
    return;
  note("fault", "the machine dies");
  machine_ = nullptr;
  store.settle_all();
  beyond.forget_work();
  watching.on_crash();
  time.after(down, life_, [this] { boot(); });
}

void world::boot() {
  note("machine", "starts");
  machine_ = std::make_unique<sim_machine>(*this);
  machine_->start_open_runs();
}

void world::ask_run(const std::string& id, run::command what,
                    reply::handler then) {
  if (machine_ == nullptr)
    return;
  note("people", id + ": " + (traced() ? wire::to_json(what) : ""));
  machine_->send<run>(
    id, std::move(what),
    std::make_shared<reply>(time, length{500}, life_, std::move(then)));
}

void world::calm() {
  luck.faults.calm();
  luck.work.calm();
  luck.people.calm();
}

} // namespace machine::sim

#include "tests/sim/world.hpp"

#include "actors/orchestrator/ask/ask.hpp"
#include "tests/sim/sim_machine.hpp"
#include "tests/sim/sim_node.hpp"
#include "tests/sim/sim_pool.hpp"

namespace machine::sim {

namespace {

/// How often something goes wrong, from seldom to often; 0: never.
constexpr std::array<uint64_t, 5> rates{0, 2'000, 500, 150, 60};

} // namespace

world::world(uint64_t seed, std::set<decision_id> without, trace* to)
    : luck(seed, std::move(without)),
      watching(
        time, to == nullptr ? watch::noter{}
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
  node_every_ = rates[luck.faults.below(rates.size())];
  make_nodes();
  boot();
  for (auto& x : nodes)
    x->start();
}

world::~world() {
  time.close();
}

void world::make_nodes() {
  auto all = orchestrator::all_performed_kinds();
  auto capacity = [&] { return luck.shape.between<int64_t>(1, 3); };
  nodes.push_back(std::make_unique<sim_node>(
    *this, node_plan{"local", {}, all, 3}, sim_node::place::within));
  if (luck.shape.happens("a node elsewhere", 2))
    nodes.push_back(std::make_unique<sim_node>(
      *this, node_plan{"n1", {"gpu"}, all, capacity()},
      sim_node::place::elsewhere));
  if (luck.shape.happens("another node elsewhere", 3))
    nodes.push_back(
      std::make_unique<sim_node>(*this,
                                 node_plan{"n2",
                                           {"big"},
                                           {orchestrator::attempt_kind::command,
                                            orchestrator::attempt_kind::agent},
                                           capacity()},
                                 sim_node::place::elsewhere));
}

sim_node& world::node(const std::string& name) {
  return **std::find_if(nodes.begin(), nodes.end(),
                        [&](auto& x) { return x->name() == name; });
}

length world::hop() {
  if (luck.faults.happens("a message is late", 150))
    return length{luck.time.between(0, 15'000'000)};
  return length{luck.time.between(20, 800)};
}

length world::short_hop() {
  if (luck.faults.happens("a connection is slow", 300))
    return length{luck.time.between(0, 2'000'000)};
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
  if (node_every_ > 0 && faults.happens("a node is struck", node_every_))
    strike_nodes();
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

void world::strike_nodes() {
  auto& struck = *luck.time.pick(nodes);
  auto what = luck.time.below(4);
  if (what == 0 || !struck.is_elsewhere()) {
    struck.crash_pool();
  } else if (what == 1) {
    struck.crash();
    if (!luck.faults.happens("a node does not come back", 6))
      time.after(length{luck.time.between(1'000, 30'000'000)}, life_,
                 [&struck] { struck.start(); });
  } else {
    struck.cut_off(length{luck.time.between(100'000, 40'000'000)});
  }
}

void world::crash(length down) {
  if (machine_ == nullptr)
    return;
  note("fault", "the machine dies");
  for (auto& x : nodes)
    if (x->is_elsewhere())
      x->part();
    else
      x->crash();
  machine_ = nullptr;
  store.settle_all();
  time.after(down, life_, [this] { boot(); });
}

void world::boot() {
  note("machine", "starts");
  machine_ = std::make_unique<sim_machine>(*this);
  machine_->start_open_runs();
  if (!nodes.empty())
    nodes.front()->start();
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

void ask_until_answered(world& in, const owner& whose,
                        const std::function<void(const answer&)>& send,
                        const std::function<void(const std::any&)>& then,
                        const std::function<void(const caf::error&)>& refused) {
  auto answered = std::make_shared<bool>(false);
  auto events = std::make_shared<std::any>();
  auto on_answer = [=, &in](const caf::error& why) {
    if (std::exchange(*answered, true))
      return;
    if (!why)
      then(*events);
    else if (orchestrator::may_pass(code_of(why)))
      in.time.after(orchestrator::pause_before_asking_again, whose, [=, &in] {
        ask_until_answered(in, whose, send, then, refused);
      });
    else
      refused(why);
  };
  auto to = std::make_shared<reply>(in.time, in.hop(), whose, on_answer);
  to->events = events;
  if (in.luck.faults.happens("an answer is lost", 400))
    to->lose();
  in.time.after(orchestrator::patience, whose,
                [=] { on_answer(make_error(ec::timeout, "no answer")); });
  send(to);
}

} // namespace machine::sim

#include "tests/sim/sim_node.hpp"

#include "tests/sim/sim_machine.hpp"
#include "tests/sim/sim_pool.hpp"

namespace machine::sim {

using namespace orchestrator;

sim_node::sim_node(world& in, node_plan how, place where)
    : link(in), in_(in), how_(std::move(how)), where_(where) {}

sim_node::~sim_node() = default;

void sim_node::start() {
  if (process_ != nullptr)
    return;
  in_.note("node", name() + " starts");
  process_ = std::make_shared<const int>(0);
  if (is_elsewhere())
    seek();
  else
    link.connect();
  pool_ = std::make_unique<sim_pool>(in_, *this, ++pools_);
}

void sim_node::crash() {
  if (process_ == nullptr)
    return;
  in_.note("fault", "node " + name() + " dies");
  part();
  process_ = nullptr;
  pool_ = nullptr;
  present_.clear();
  in_.beyond.forget_work(name());
  in_.watching.on_node_dies(name());
}

void sim_node::crash_pool() {
  if (pool_ == nullptr)
    return;
  in_.note("fault", "the pool of " + name() + " dies");
  auto number = pool_->number();
  pool_ = nullptr;
  link.post(sim_link::side::machine, in_.life(),
            [&in = in_, name = name(), number] {
              if (auto* there = in.machine())
                there->dispatch().on_down(name, number);
            });
  pool_ = std::make_unique<sim_pool>(in_, *this, ++pools_);
}

void sim_node::cut_off(length wait) {
  if (link.is_silent())
    return;
  in_.note("fault", "node " + name() + " is cut off");
  link.fall_silent();
  auto cut = ++cuts_;
  auto& luck = in_.luck.time;
  // Heartbeats are missed.
  in_.time.after(length{luck.between(8'000'000, 10'000'000)}, in_.life(),
                 [this, cut] {
                   if (link.is_silent() && cut == cuts_)
                     part();
                 });
  in_.time.after(wait, in_.life(), [this] {
    in_.note("world", "node " + name() + " can be heard again");
    link.speak_again();
  });
}

void sim_node::part() {
  if (!link.is_up())
    return;
  link.tear();
  if (pool_ == nullptr)
    return;
  constexpr length at_once{10};
  auto* there = in_.machine();
  if (there == nullptr)
    return;
  in_.time.after(at_once, there->life(),
                 [there, name = name()] { there->dispatch().on_parted(name); });
  in_.time.after(at_once, pool_->life(),
                 [this] { pool_->on_dispatch_down(pool_->listener()); });
  seek();
}

/// Tries to reach the machine until it does.
void sim_node::seek() {
  in_.time.after(length{in_.luck.time.between(10'000, 3'000'000)}, process_,
                 [this] {
                   if (link.is_up())
                     return;
                   if (in_.machine() == nullptr || link.is_silent())
                     seek();
                   else
                     link.connect();
                 });
}

presence sim_node::enter(const activation_key& at, uint64_t token) {
  auto run = name_of(at.run);
  in_.watching.on_worker_begins(run, at.activation, token, name());
  auto [i, alone] = present_.emplace(at, token);
  require(alone, "one attempt of an activation lives at a time", [&, &i = i] {
    return run + ": token " + std::to_string(token) + " of " + at.activation
         + " begins on " + name() + " while " + std::to_string(i->second)
         + " lives";
  });
  return {&*i, [this, at, alive = life()](const void*) {
            if (alive.lock() != nullptr)
              leave(at);
          }};
}

void sim_node::leave(const activation_key& at) {
  auto i = present_.find(at);
  in_.watching.on_worker_gone(name_of(at.run), at.activation, i->second);
  present_.erase(i);
  // Whoever takes the place of the pool does not hear of it.
  if (pool_ != nullptr)
    in_.time.after(in_.short_hop(), pool_->life(),
                   [this, at] { pool_->on_gone(at); });
}

std::vector<activation_key> sim_node::present() const {
  std::vector<activation_key> result;
  for (auto& [at, token] : present_)
    result.push_back(at);
  return result;
}

void sim_node::ask_run(const owner& whose, const std::string& id,
                       run_command what, std::function<void()> then,
                       std::function<void(const caf::error&)> refused) {
  ask_until_answered(
    in_, whose,
    [this, id, what = std::move(what)](const answer& to) {
      send(id, what, to);
    },
    [then = std::move(then)](auto&) { then(); }, refused);
}

void sim_node::send(const std::string& id, const run_command& what,
                    const answer& to) {
  auto vanish = [to] { to->lose(); };
  auto back = [this, to, vanish](const caf::error& said) {
    link.carry(
      process_, [to, said] { to->deliver(said); }, vanish);
  };
  auto there = std::make_shared<reply>(in_.time, length::zero(), in_.life(),
                                       std::move(back));
  link.carry(
    in_.life(),
    [this, id, what, there] {
      if (auto* machine = in_.machine())
        machine->send<run>(id, what, there);
      else
        there->lose();
    },
    [there, vanish] {
      there->lose();
      vanish();
    });
}

} // namespace machine::sim

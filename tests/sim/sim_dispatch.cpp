#include "tests/sim/sim_dispatch.hpp"

#include "tests/sim/sim_machine.hpp"
#include "tests/sim/sim_node.hpp"
#include "tests/sim/sim_pool.hpp"

namespace machine::sim {

using namespace orchestrator;

namespace {

const dispatching::settings usual;

dispatching::settings settings_of(world& in) {
  dispatching::settings result;
  for (auto& node : in.nodes)
    result.expected.insert(node->name());
  return result;
}

} // namespace

struct sim_dispatch::performer {
  sim_dispatch& of;

  void note(const std::string& what) {
    of.in_.in().note("dispatch", what);
  }

  void operator()(dispatching::accept& x) {
    note("takes offer " + std::to_string(x.round) + " of " + x.pool);
    send(x.pool, [round = x.round, me = of.number_](sim_pool& to) {
      to.on_accept(round, me);
    });
  }

  void operator()(dispatching::begin& x) {
    note("gives " + name_of(x.at.run) + " " + x.at.activation + " (token "
         + std::to_string(x.order.token) + ") to " + x.pool);
    send(x.pool, [order = x.order, round = x.round](sim_pool& to) {
      to.on_start(order, round);
    });
  }

  void operator()(dispatching::halt& x) {
    note("has " + x.pool + " stop " + name_of(x.at.run) + " " + x.at.activation
         + " (token " + std::to_string(x.token) + ")");
    send(x.pool,
         [at = x.at, token = x.token](sim_pool& to) { to.on_stop(at, token); });
  }

  void operator()(dispatching::tell& x) {
    auto told = [&of = of, at = x.at, token = x.token] {
      of.handle(dispatching::heard{at, token});
    };
    auto refused = [&of = of, at = x.at,
                    token = x.token](const caf::error& why) {
      of.handle(dispatching::refused{at, token, code_of(why), message_of(why)});
    };
    of.in_.ask<run>(of.life(), name_of(x.at.run), std::move(x.what), told,
                    refused);
  }

  void operator()(dispatching::give_up& x) {
    of.in_.ask<run>(
      of.life(), name_of(x.run), std::move(x.what), [] {}, [](auto&) {});
  }

private:
  void send(const std::string& pool, std::function<void(sim_pool&)> what) {
    auto i = of.pools_.find(pool);
    if (i == of.pools_.end())
      return;
    auto& to = of.in_.in().node(pool);
    to.link.post(sim_link::side::node, to.life(),
                 [&to, who = i->second, what = std::move(what)] {
                   if (to.pool() != nullptr && to.pool()->number() == who)
                     what(*to.pool());
                 });
  }
};

sim_dispatch::sim_dispatch(sim_machine& in, uint64_t number)
    : in_(in), number_(number), born_(now()),
      queue_(settings_of(in.in()), born_) {
  set_alarm();
}

duration sim_dispatch::now() const {
  return std::chrono::duration_cast<duration>(
    in_.in().time.now().time_since_epoch());
}

void sim_dispatch::handle(input what) {
  if (is_young_ && born_ + usual.grace <= now())
    grow_up();
  if (auto* x = std::get_if<dispatching::start>(&what))
    turns_.expect(x->at, x->order);
  else if (auto* x = std::get_if<dispatching::join>(&what))
    turns_.offer(x->offer);
  auto follows = queue_.apply(std::move(what), now());
  turns_.see(queue_, follows);
  for (auto& x : follows)
    std::visit(performer{*this}, x);
  set_alarm();
}

/// Whoever has not come by now is taken for lost.
void sim_dispatch::grow_up() {
  is_young_ = false;
  for (auto& node : in_.in().nodes)
    if (!pools_.contains(node->name()))
      in_.in().watching.on_node_missing(node->name(), length::zero());
}

void sim_dispatch::set_alarm() {
  auto next = queue_.wake_at();
  if (!next || (alarm_ && *alarm_ <= *next))
    return;
  alarm_ = next;
  in_.in().time.after(*next - now(), life(), [this] {
    alarm_.reset();
    handle(dispatching::tick{});
  });
}

void sim_dispatch::hear(const std::string& pool, uint64_t who,
                        const input& what) {
  if (std::holds_alternative<dispatching::join>(what))
    pools_[pool] = who;
  else if (auto i = pools_.find(pool); i == pools_.end() || i->second != who)
    return;
  handle(what);
}

void sim_dispatch::on_down(const std::string& pool, uint64_t who) {
  auto i = pools_.find(pool);
  if (i != pools_.end() && i->second == who)
    on_parted(pool);
}

void sim_dispatch::on_parted(const std::string& pool) {
  if (pools_.erase(pool) == 0)
    return;
  in_.in().note("dispatch", "cannot reach " + pool);
  in_.in().watching.on_node_missing(pool, usual.grace);
  handle(dispatching::lose{pool});
}

} // namespace machine::sim

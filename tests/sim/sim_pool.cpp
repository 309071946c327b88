#include "tests/sim/sim_pool.hpp"

#include "tests/sim/sim_machine.hpp"
#include "tests/sim/sim_node.hpp"

namespace machine::sim {

using namespace orchestrator;

namespace {

constexpr length pause_between_offers{500'000};

attempt_end end_of(const caf::error& reason) {
  if (!reason)
    return {};
  if (code_of(reason) == ec::fenced)
    return {ending::fenced, {}, {}};
  return {ending::failed, to_string(code_of(reason)), message_of(reason)};
}

} // namespace

sim_pool::sim_pool(world& in, sim_node& at, uint64_t number)
    : in_(in), at_(at), number_(number) {
  offer();
}

void sim_pool::offer() {
  for (auto& at : at_.present())
    if (auto [i, is_new] = working_.try_emplace(at); is_new)
      i->second.ended.emplace();
  pool_offer what;
  what.name = at_.name();
  what.labels = at_.how().labels;
  what.kinds = at_.how().kinds;
  what.round = ++round_;
  what.credit = at_.how().capacity - static_cast<int64_t>(working_.size());
  for (auto& [at, there] : working_)
    what.held.push_back({at.run, at.activation, there.token, there.ended});
  accepted_ = false;
  tell(dispatching::join{std::move(what)});
  in_.time.after(pause_between_offers, life(), [this, round = round_] {
    if (round == round_ && !accepted_)
      offer();
  });
}

void sim_pool::on_start(attempt_order order, uint64_t round) {
  if (round != round_)
    return;
  activation_key at{key_of(order.run), order.activation};
  if (working_.contains(at)) {
    offer();
    return;
  }
  auto& made = working_[at];
  made.token = order.token;
  auto here = at_.enter(at, order.token);
  made.handle = std::make_unique<sim_worker>(
    in_, at_, std::move(order), std::move(here), life(),
    [this, at](const caf::error& reason) { on_down(at, reason); });
}

void sim_pool::on_stop(const activation_key& at, uint64_t token) {
  auto i = working_.find(at);
  if (i != working_.end() && i->second.token == token && !i->second.ended)
    i->second.handle->stop();
}

void sim_pool::on_accept(uint64_t round, uint64_t dispatch) {
  if (round != round_)
    return;
  accepted_ = true;
  listener_ = dispatch;
  if (in_.machine() == nullptr
      || in_.machine()->dispatch().number() != dispatch)
    in_.time.after(in_.short_hop(), life(),
                   [this, dispatch] { on_dispatch_down(dispatch); });
}

void sim_pool::on_gone(const activation_key& at) {
  if (auto i = working_.find(at); i != working_.end()) {
    i->second.gone = true;
    leave(at);
  }
}

void sim_pool::on_dispatch_down(uint64_t dispatch) {
  if (listener_ != dispatch)
    return;
  listener_ = 0;
  offer();
}

void sim_pool::on_down(const activation_key& at, const caf::error& reason) {
  auto i = working_.find(at);
  if (i == working_.end() || i->second.handle == nullptr)
    return;
  i->second.ended = end_of(reason);
  i->second.handle = nullptr;
  tell(dispatching::ended{at_.name(), at, i->second.token, *i->second.ended});
  leave(activation_key{at});
}

void sim_pool::leave(const activation_key& at) {
  auto i = working_.find(at);
  if (!i->second.ended || !i->second.gone)
    return;
  working_.erase(i);
  tell(dispatching::gone{at_.name(), at});
  tell(dispatching::credit{at_.name(), 1});
}

void sim_pool::tell(dispatching::input what) {
  at_.link.post(
    sim_link::side::machine, in_.life(),
    [&in = in_, pool = at_.name(), number = number_, what = std::move(what)] {
      if (auto* there = in.machine())
        there->dispatch().hear(pool, number, what);
    });
}

} // namespace machine::sim

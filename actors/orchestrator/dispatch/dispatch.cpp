#include "actors/orchestrator/dispatch/dispatch.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace machine::orchestrator {

/// Does what the rules say.
struct dispatch_state::performer {
  dispatch_state& of;

  void operator()(dispatching::accept& x) {
    send(x.pool, atom::accept_v, x.round);
  }

  void operator()(dispatching::begin& x) {
    send(x.pool, atom::start_v, x.at.run, std::move(x.order), x.round);
  }

  void operator()(dispatching::halt& x) {
    send(x.pool, atom::stop_v, x.at.run, x.at.activation, x.token);
  }

  void operator()(dispatching::tell& x) {
    auto told = [&of = of, at = x.at, token = x.token] {
      of.handle(dispatching::heard{at, token});
    };
    auto refused = [&of = of, at = x.at,
                    token = x.token](const caf::error& why) {
      of.handle(dispatching::refused{at, token, code_of(why), message_of(why)});
    };
    ask<run>(of.self_, of.expected_, of.runs_, x.at.run, x.what, told, refused);
  }

  void operator()(dispatching::give_up& x) {
    ask<run>(
      of.self_, of.expected_, of.runs_, x.run, x.what, [] {},
      [](const caf::error&) {});
  }

private:
  template <class... Ts>
  void send(const std::string& pool, Ts&&... xs) {
    if (auto i = of.pools_.find(pool); i != of.pools_.end())
      of.self_->send(i->second, std::forward<Ts>(xs)...);
  }
};

void dispatch_state::start(self_pointer self, run_region runs,
                           dispatching::settings how) {
  self_ = self;
  runs_ = std::move(runs);
  queue_.emplace(std::move(how), now());
  set_alarm();
}

duration dispatch_state::now() const {
  return std::chrono::duration_cast<duration>(
    self_->clock().now().time_since_epoch());
}

void dispatch_state::handle(dispatching::input what) {
  for (auto& x : queue_->apply(std::move(what), now()))
    std::visit(performer{*this}, x);
  set_alarm();
}

void dispatch_state::set_alarm() {
  auto next = queue_->wake_at();
  if (!next || (alarm_ && *alarm_ <= *next))
    return;
  alarm_ = next;
  self_->delayed_send(dispatch_actor{self_}, *next - now(), atom::wake_v);
}

void dispatch_state::on_wake() {
  alarm_.reset();
  handle(dispatching::tick{});
}

void dispatch_state::on_join(pool_offer offer) {
  auto who = caf::actor_cast<workers_actor>(self_->current_sender());
  if (!who)
    return;
  auto& known = pools_[offer.name];
  if (known != who) {
    if (known)
      self_->demonitor(known.address());
    self_->monitor(who);
    known = who;
  }
  handle(dispatching::join{std::move(offer)});
}

void dispatch_state::on_down(const caf::down_msg& down) {
  if (auto name = name_of(down.source)) {
    pools_.erase(*name);
    handle(dispatching::lose{*name});
  }
}

std::optional<std::string> dispatch_state::sender() const {
  return name_of(caf::actor_cast<caf::actor_addr>(self_->current_sender()));
}

std::optional<std::string>
dispatch_state::name_of(const caf::actor_addr& pool) const {
  for (auto& [name, handle] : pools_)
    if (handle.address() == pool)
      return name;
  return std::nullopt;
}

void dispatch_state::on_ready(uint64_t number) {
  expected_.meet(number);
}

dispatch_actor::behavior_type
dispatch(dispatch_actor::stateful_pointer<dispatch_state> self, run_region runs,
         dispatching::settings how) {
  auto& state = self->state;
  self->set_down_handler(
    [&state](const caf::down_msg& down) { state.on_down(down); });
  state.start(self, std::move(runs), std::move(how));
  return {
    [&state](atom::start, const entity::key& run, attempt_order& order) {
      order.run = run.id;
      activation_key at{run, order.activation};
      state.handle(dispatching::start{std::move(at), std::move(order)});
    },
    [&state](atom::stop, const entity::key& run, const std::string& activation,
             uint64_t token) {
      state.handle(dispatching::stop{{run, activation}, token});
    },
    [&state](atom::probe, const entity::key& run, const std::string& activation,
             uint64_t token) {
      state.handle(dispatching::probe{{run, activation}, token});
    },
    [&state](atom::join, pool_offer& offer) {
      state.on_join(std::move(offer));
    },
    [&state](atom::ended, const entity::key& run, const std::string& activation,
             uint64_t token, const attempt_end& how) {
      if (auto pool = state.sender())
        state.handle(dispatching::ended{*pool, {run, activation}, token, how});
    },
    [&state](atom::gone, const entity::key& run,
             const std::string& activation) {
      if (auto pool = state.sender())
        state.handle(dispatching::gone{*pool, {run, activation}});
    },
    [&state](atom::credit, int64_t more) {
      if (auto pool = state.sender())
        state.handle(dispatching::credit{*pool, more});
    },
    [&state](atom::ready, uint64_t number) { state.on_ready(number); },
    [&state](atom::wake) { state.on_wake(); },
  };
}

} // namespace machine::orchestrator

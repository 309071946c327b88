#include "actors/orchestrator/dispatch/workers.hpp"

#include "actors/orchestrator/dispatch/attempt.hpp"

#include <algorithm>
#include <utility>

namespace machine::orchestrator {

namespace {

/// Before an offer is made again that nobody has taken.
constexpr std::chrono::milliseconds between_rounds{500};

/// What an attempt that quits with *reason* means.
attempt_end end_of(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal
      || reason == caf::exit_reason::user_shutdown)
    return {};
  if (code_of(reason) == ec::fenced)
    return {ending::fenced, {}, {}};
  return {ending::failed, to_string(code_of(reason)), message_of(reason)};
}

} // namespace

workers_state::~workers_state() {
  for (auto& [at, there] : working_)
    if (!there.ended)
      caf::anon_send_exit(there.handle, caf::exit_reason::kill);
}

void workers_state::start(self_pointer self,
                          std::shared_ptr<const workshop> uses,
                          dispatch_actor dispatch, pool_settings how) {
  self_ = self;
  uses_ = std::move(uses);
  dispatch_ = std::move(dispatch);
  how_ = std::move(how);
  offer();
}

void workers_state::offer() {
  // The workers of a pool that failed were ended with it, and nobody takes
  // their place until nothing of them lives.
  for (auto& at : uses_->present->attach(workers_actor{self_}))
    if (auto [i, is_new] = working_.try_emplace(at); is_new)
      i->second.ended.emplace();
  pool_offer what;
  what.name = how_.name;
  what.labels = how_.labels;
  what.kinds = how_.kinds;
  what.round = ++round_;
  what.credit = static_cast<int64_t>(uses_->capacity)
              - static_cast<int64_t>(working_.size());
  for (auto& [at, there] : working_)
    what.held.push_back({at.run, at.activation, there.token, there.ended});
  accepted_ = false;
  self_->send(dispatch_, atom::join_v, std::move(what));
  self_->delayed_send(workers_actor{self_}, between_rounds, atom::wake_v,
                      round_);
}

void workers_state::on_start(const entity::key& run, attempt_order order,
                             uint64_t round) {
  if (round != round_)
    return;
  activation_key at{run, order.activation};
  if (working_.contains(at)) {
    // Whoever orders this does not know what is here.
    offer();
    return;
  }
  worker made;
  made.token = order.token;
  made.handle = self_->spawn(attempt, uses_, run, std::move(order),
                             census::enter(uses_->present, at));
  self_->monitor(made.handle);
  working_.emplace(std::move(at), std::move(made));
}

void workers_state::on_stop(const activation_key& at, uint64_t token) {
  auto i = working_.find(at);
  if (i != working_.end() && i->second.token == token && !i->second.ended)
    self_->send(i->second.handle, atom::stop_v);
}

void workers_state::on_accept(uint64_t round) {
  if (round != round_)
    return;
  accepted_ = true;
  auto who = caf::actor_cast<caf::actor_addr>(self_->current_sender());
  if (who == listener_)
    return;
  if (listener_)
    self_->demonitor(listener_);
  listener_ = who;
  self_->monitor(who);
}

void workers_state::on_gone(const activation_key& at) {
  if (auto i = working_.find(at); i != working_.end()) {
    i->second.gone = true;
    leave(at);
  }
}

void workers_state::on_wake(uint64_t round) {
  if (round == round_ && !accepted_)
    offer();
}

void workers_state::on_down(const caf::down_msg& down) {
  if (down.source == listener_) {
    listener_ = nullptr;
    offer();
    return;
  }
  auto i = std::find_if(working_.begin(), working_.end(), [&](auto& x) {
    return x.second.handle && x.second.handle.address() == down.source;
  });
  if (i == working_.end())
    return;
  auto& [at, there] = *i;
  there.ended = end_of(down.reason);
  // The actor may hold its presence until it is forgotten.
  there.handle = nullptr;
  self_->send(dispatch_, atom::ended_v, at.run, at.activation, there.token,
              *there.ended);
  leave(activation_key{at});
}

void workers_state::leave(const activation_key& at) {
  auto i = working_.find(at);
  if (!i->second.ended || !i->second.gone)
    return;
  working_.erase(i);
  self_->send(dispatch_, atom::gone_v, at.run, at.activation);
  self_->send(dispatch_, atom::credit_v, int64_t{1});
}

workers_actor::behavior_type
workers(workers_actor::stateful_pointer<workers_state> self,
        std::shared_ptr<const workshop> uses, dispatch_actor dispatch,
        pool_settings how) {
  auto& state = self->state;
  self->set_down_handler(
    [&state](const caf::down_msg& down) { state.on_down(down); });
  state.start(self, std::move(uses), std::move(dispatch), std::move(how));
  return {
    [&state](atom::start, const entity::key& run, attempt_order& order,
             uint64_t round) { state.on_start(run, std::move(order), round); },
    [&state](atom::stop, const entity::key& run, const std::string& activation,
             uint64_t token) {
      state.on_stop({run, activation}, token);
    },
    [&state](atom::accept, uint64_t round) { state.on_accept(round); },
    [&state](atom::gone, const entity::key& run,
             const std::string& activation) {
      state.on_gone({run, activation});
    },
    [&state](atom::repeat) { state.offer(); },
    [&state](atom::wake, uint64_t round) { state.on_wake(round); },
  };
}

} // namespace machine::orchestrator

#pragma once

#include "runtime/entity/actor.hpp"

#include <map>
#include <unordered_map>

namespace machine::entity {

/// Entities of one kind that may be loaded at one time.
constexpr size_t max_loaded_entities = 100'000;

template <class E>
class region_state {
public:
  static inline const char* name = "region";

  using self_pointer =
    typename region_actor<E>::template stateful_pointer<region_state>;

  region_state() = default;

  region_state(const region_state&) = delete;
  region_state& operator=(const region_state&) = delete;

  /// Entities end with their region; a timer would keep them for a while. What
  /// was held back is answered by their end. The next region may load them
  /// before they know.
  ~region_state() {
    gate_->close();
    for (auto& [id, there] : residents_) {
      for (auto& forward : there.held_back)
        forward(there.handle);
      uses_.shards->unsettle(shard_of(stream_of<E>(id), uses_.shards->count()));
      caf::anon_send_exit(there.handle, caf::exit_reason::kill);
    }
  }

  void start(self_pointer self, services<E> uses) {
    self_ = self;
    uses_ = std::move(uses);
    self_->set_down_handler(
      [this](const caf::down_msg& down) { on_down(down); });
  }

  caf::typed_response_promise<outcome<E>> command(key id,
                                                  typename E::command what) {
    auto result = self_->template make_response_promise<outcome<E>>();
    route(std::move(id), result,
          [what = std::move(what)](auto& promise, auto& hdl) mutable {
            promise.delegate(hdl, atom::command_v, std::move(what));
          });
    return result;
  }

  caf::typed_response_promise<outcome<E>>
  command_if(key id, typename E::command what, uint64_t last_seq) {
    auto result = self_->template make_response_promise<outcome<E>>();
    route(std::move(id), result,
          [what = std::move(what), last_seq](auto& promise, auto& hdl) mutable {
            promise.delegate(hdl, atom::command_v, std::move(what), last_seq);
          });
    return result;
  }

  caf::typed_response_promise<typename E::state> inspect(key id) {
    auto result = self_->template make_response_promise<typename E::state>();
    route(std::move(id), result, [](auto& promise, auto& hdl) {
      promise.delegate(hdl, atom::inspect_v);
    });
    return result;
  }

  caf::typed_response_promise<bool> erase(key id) {
    auto result = self_->template make_response_promise<bool>();
    route(std::move(id), result, [](auto& promise, auto& hdl) {
      promise.delegate(hdl, atom::erase_v);
    });
    return result;
  }

  void activate(key id) {
    caf::typed_response_promise<caf::unit_t> none;
    route(std::move(id), none,
          [this](auto&, auto& hdl) { self_->send(hdl, atom::activate_v); });
  }

  void repeat() {
    for (auto& [id, there] : residents_)
      self_->send(there.handle, atom::repeat_v);
  }

  void on_idle(const key& id) {
    if (auto i = residents_.find(id); i != residents_.end()) {
      i->second.leaving = true;
      self_->send(i->second.handle, atom::passivate_v);
    }
  }

  void on_stay(const key& id) {
    if (auto i = residents_.find(id); i != residents_.end()) {
      i->second.leaving = false;
      for (auto& forward : std::exchange(i->second.held_back, {}))
        forward(i->second.handle);
    }
  }

private:
  struct resident {
    entity_actor<E> handle;
    /// It was asked to quit: what comes now waits until it did.
    bool leaving = false;
    std::vector<std::function<void(entity_actor<E>&)>> held_back;
  };

  template <class Promise, class Forward>
  void route(key id, Promise promise, Forward forward) {
    auto i = residents_.find(id);
    if (i == residents_.end() && residents_.size() >= max_loaded_entities) {
      promise.deliver(
        make_error(ec::overloaded, std::string{"too many of kind "} + E::kind
                                     + " are in use at once; try later"));
      return;
    }
    auto& there = i == residents_.end() ? settle(id) : i->second;
    if (!there.leaving)
      forward(promise, there.handle);
    else if (there.held_back.size() >= max_waiting_commands)
      promise.deliver(
        make_error(ec::overloaded, std::string{E::kind} + " " + id.id
                                     + " has too many commands waiting"));
    else
      there.held_back.push_back(
        [promise, forward](entity_actor<E>& hdl) mutable {
          forward(promise, hdl);
        });
  }

  /// Has the entity loaded.
  resident& settle(const key& id) {
    auto handle = self_->system().spawn(durable<E>, region_actor<E>{self_},
                                        gate_, id, uses_);
    self_->monitor(handle);
    keys_.emplace(handle.id(), id);
    return residents_.emplace(id, resident{handle, false, {}}).first->second;
  }

  void on_down(const caf::down_msg& down) {
    auto who = keys_.find(down.source.id());
    if (who == keys_.end())
      return;
    auto id = std::move(who->second);
    keys_.erase(who);
    auto i = residents_.find(id);
    auto held_back = std::move(i->second.held_back);
    residents_.erase(i);
    auto failed = is_failure(down.reason);
    if (failed && uses_.failed)
      uses_.failed(id, down.reason);
    auto again = failed && may_restart(id);
    if (!again)
      failures_.erase(id);
    if (!again && held_back.empty())
      return;
    // It loads itself, and goes on with what it has left to do.
    auto& next = settle(id);
    for (auto& forward : held_back)
      forward(next.handle);
  }

  static bool is_failure(const caf::error& reason) {
    return reason && reason != caf::exit_reason::normal
        && reason != caf::exit_reason::user_shutdown;
  }

  bool may_restart(const key& id) {
    return failures_.try_emplace(id, uses_.restarts)
      .first->second.may_restart(uses_.now());
  }

  self_pointer self_ = nullptr;
  services<E> uses_;
  std::shared_ptr<append_gate> gate_ = std::make_shared<append_gate>();
  std::map<key, resident> residents_;
  std::unordered_map<caf::actor_id, key> keys_;
  /// Of residents that failed before.
  std::map<key, supervision::restart_history> failures_;
};

/// Finds, loads and watches the entities of one kind.
template <core E>
typename region_actor<E>::behavior_type region(
  typename region_actor<E>::template stateful_pointer<region_state<E>> self,
  services<E> uses) {
  auto& state = self->state;
  state.start(self, std::move(uses));
  return {
    [&state](atom::command, key& id, typename E::command& what) {
      return state.command(std::move(id), std::move(what));
    },
    [&state](atom::command, key& id, typename E::command& what,
             uint64_t last_seq) {
      return state.command_if(std::move(id), std::move(what), last_seq);
    },
    [&state](atom::inspect, key& id) { return state.inspect(std::move(id)); },
    [&state](atom::erase, key& id) { return state.erase(std::move(id)); },
    [&state](atom::activate, key& id) { state.activate(std::move(id)); },
    [&state](atom::repeat) { state.repeat(); },
    [&state](atom::idle, const key& id) { state.on_idle(id); },
    [&state](atom::stay, const key& id) { state.on_stay(id); },
  };
}

} // namespace machine::entity

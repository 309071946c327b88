#pragma once

#include "actors/messages.hpp"
#include "runtime/entity/interfaces.hpp"

#include <caf/actor_system.hpp>
#include <caf/result.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace machine::test {

/// Stands where the entities of *E* would: keeps what it is asked, and answers
/// as the test says. For one thread.
template <class E>
struct fake_region {
  using command = typename E::command;
  using promise = caf::typed_response_promise<entity::outcome<E>>;

  struct question {
    command what;
    caf::strong_actor_ptr from;
    promise answer;
  };

  /// Everything that was asked, in its order.
  std::vector<question> asked;
  /// Whom each of them was about.
  std::vector<entity::key> whom;
  /// What was to be erased, in its order.
  std::vector<entity::key> erased;
  /// The answer to that, if it is an error.
  caf::error refuse_to_erase;
  /// The error to answer with.
  std::function<caf::error(const command&)> refuse;
  /// The events of an answer.
  std::function<std::vector<typename E::event>(const command&)> caused;
  /// What an entity is like.
  std::function<caf::result<typename E::state>(const entity::key&)> state;
  /// Whether no answer is given for now.
  std::function<bool(const command&)> hold;

  entity::region_actor<E> spawn(caf::actor_system& system) {
    using handle = entity::region_actor<E>;
    self_ = system.spawn([this](typename handle::pointer self) {
      return typename handle::behavior_type{
        [this, self](atom::command, const entity::key& id,
                     const command& what) {
          whom.push_back(id);
          return decide(self, what);
        },
        [](atom::command, const entity::key&, const typename E::command&,
           uint64_t) {
          return caf::result<entity::outcome<E>>{caf::sec::invalid_argument};
        },
        [this](atom::inspect,
               const entity::key& id) -> caf::result<typename E::state> {
          if (!state)
            return caf::sec::invalid_argument;
          return state(id);
        },
        [this](atom::erase, const entity::key& id) -> caf::result<bool> {
          erased.push_back(id);
          if (refuse_to_erase)
            return refuse_to_erase;
          return true;
        },
        [this](atom::activate, const entity::key&) {
          // Only the actor itself may keep a promise.
          for (auto& [answer, why] : std::exchange(late_, {}))
            deliver(answer, why);
        },
        [](atom::repeat) {},
        [](atom::idle, const entity::key&) {},
        [](atom::stay, const entity::key&) {},
      };
    });
    return self_;
  }

  /// Answers question *index*, which was held, once messages move.
  void answer(size_t index, caf::error why = {}) {
    late_.emplace_back(asked.at(index).answer, std::move(why));
    caf::anon_send(self_, atom::activate_v, entity::key{});
  }

  /// What was asked of the kind *T*, in its order.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> result;
    for (auto& x : asked)
      if (auto* what = std::get_if<T>(&x.what))
        result.push_back(*what);
    return result;
  }

  /// Who asked question *index*.
  caf::actor asker(size_t index) const {
    return caf::actor_cast<caf::actor>(asked.at(index).from);
  }

  /// Forgets everybody.
  void forget() {
    asked.clear();
    late_.clear();
    self_ = nullptr;
  }

private:
  static void deliver(promise& answer, const caf::error& why) {
    if (why)
      answer.deliver(why);
    else
      answer.deliver(entity::outcome<E>{});
  }

  template <class Self>
  promise decide(Self* self, const command& what) {
    // A promise takes the sender away.
    auto from = self->current_sender();
    auto answer = self->template make_response_promise<entity::outcome<E>>();
    auto why = refuse ? refuse(what) : caf::error{};
    if (hold && hold(what))
      static_cast<void>(why);
    else if (!why && caused)
      answer.deliver(entity::outcome<E>{0, caused(what)});
    else
      deliver(answer, why);
    asked.push_back({what, std::move(from), answer});
    return answer;
  }

  entity::region_actor<E> self_;
  std::vector<std::pair<promise, caf::error>> late_;
};

} // namespace machine::test

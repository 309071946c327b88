#pragma once

#include "actors/messages.hpp"
#include "runtime/entity/interfaces.hpp"

#include <functional>
#include <map>
#include <utility>

/// Asking an entity until it has an answer.
namespace machine::orchestrator {

/// An entity answers within a commit; more means that the disk is in trouble.
constexpr std::chrono::seconds patience{30};

/// How long the permission for an effect counts, from when it was asked for.
/// Less than the silence after which a node is taken for lost and its attempts
/// are given to others: what begins later would begin without an intent.
constexpr duration permission_lasts{5'000};

/// Before an entity is asked again that could not take the question.
constexpr duration pause_before_asking_again{500};

/// Whether the same question may find another answer later: there is no room
/// for the moment, or who was asked is busy or about to be started again.
/// `limit_exceeded` is not among these: what is too large stays too large.
constexpr bool may_pass(ec code) {
  return code == ec::storage_full || code == ec::io_failed
      || code == ec::unavailable || code == ec::timeout
      || code == ec::overloaded;
}

/// What an actor goes on with when `(ready, number)` comes to it.
class expectations {
public:
  /// The number under which *then* is called, once.
  uint64_t expect(std::function<void()> then) {
    waiting_.emplace(++last_number_, std::move(then));
    return last_number_;
  }

  /// Calls what waits for *number*, if anything does.
  void meet(uint64_t number) {
    auto i = waiting_.find(number);
    if (i == waiting_.end())
      return;
    auto then = std::move(i->second);
    waiting_.erase(i);
    then();
  }

private:
  std::map<uint64_t, std::function<void()>> waiting_;
  uint64_t last_number_ = 0;
};

/// Has *self* call *then* in *wait* from now. *mine* belongs to its state.
template <class Self>
void call_after(Self* self, expectations& mine, duration wait,
                std::function<void()> then) {
  self->delayed_send(typename Self::actor_hdl{self}, wait, atom::ready_v,
                     mine.expect(std::move(then)));
}

/// Has the entity *id* decide *what*, and goes on with *then*, which hears what
/// that caused. Trouble that may pass is waited out; with any other, goes on
/// with *refused*. Entities decide what they are asked twice once, so that a
/// lost answer does no harm.
template <class E, class Self>
void ask_outcome(Self* self, expectations& mine,
                 const entity::region_actor<E>& region, const entity::key& id,
                 const typename E::command& what,
                 std::function<void(const entity::outcome<E>&)> then,
                 std::function<void(const caf::error&)> refused) {
  auto again = [=, &mine] {
    ask_outcome<E>(self, mine, region, id, what, then, refused);
  };
  self->request(region, patience, atom::command_v, id, what)
    .then([then](const entity::outcome<E>& x) { then(x); },
          [=, &mine](const caf::error& why) {
            if (may_pass(code_of(why)))
              call_after(self, mine, pause_before_asking_again, again);
            else
              refused(why);
          });
}

/// The same where it does not matter what that caused.
template <class E, class Self>
void ask(Self* self, expectations& mine, const entity::region_actor<E>& region,
         const entity::key& id, const typename E::command& what,
         std::function<void()> then,
         std::function<void(const caf::error&)> refused) {
  ask_outcome<E>(
    self, mine, region, id, what,
    [then = std::move(then)](const entity::outcome<E>&) { then(); },
    std::move(refused));
}

} // namespace machine::orchestrator

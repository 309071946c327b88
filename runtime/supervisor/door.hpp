#pragma once

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/make_actor.hpp>
#include <caf/monitorable_actor.hpp>

namespace machine::supervision {

/// An actor without a mailbox: what is sent to it goes to the actor behind it,
/// in the thread of the sender, with the sender's name on it. Who is behind it
/// may change. While nobody is, requests are answered with
/// `sec::request_receiver_down` at once.
///
/// To monitor a door is to wait for its end, not for that of the actor behind.
class door : public caf::monitorable_actor {
public:
  explicit door(caf::actor_config& config);

  const char* name() const override;

  /// From now on messages go to *next*; null: to nobody.
  void lead_to(caf::strong_actor_ptr next);

  /// Who is behind it; null: nobody.
  caf::strong_actor_ptr leads_to() const;

  /// Ends the door: it leads nowhere from now on, and those who monitor it
  /// hear of it.
  void close();

  using caf::monitorable_actor::enqueue;

  void enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* host) override;

private:
  mutable std::mutex mutex_;
  caf::strong_actor_ptr behind_;
  bool closed_ = false;
};

/// Makes a door that looks like the actor behind it.
template <class Handle>
Handle make_door(caf::actor_system& system) {
  caf::actor_config config;
  return caf::actor_cast<Handle>(caf::make_actor<door, caf::strong_actor_ptr>(
    system.next_actor_id(), system.node(), &system, config));
}

/// The door that *handle* is; *handle* must be made by `make_door`.
template <class Handle>
door& door_of(const Handle& handle) {
  return static_cast<door&>(*caf::actor_cast<caf::abstract_actor*>(handle));
}

} // namespace machine::supervision

#include "gateway/api/channel_feeder.hpp"

#include "runtime/supervisor/door.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace machine::gateway {

namespace {

struct feeder_state {
  feeder_state() = default;

  ~feeder_state() {
    if (auto there = to.lock())
      there->lose();
  }

  std::weak_ptr<channel> to;

  static inline const char* name = "feeder";
};

using feeder_pointer = entity::follower_actor::stateful_pointer<feeder_state>;

entity::follower_actor::behavior_type feeder(feeder_pointer self,
                                             const context_ptr& context,
                                             std::weak_ptr<channel> channel) {
  self->state.to = std::move(channel);
  auto there = self->state.to.lock();
  if (!there) {
    self->quit();
    return entity::follower_actor::behavior_type::make_empty_behavior();
  }
  there->fed_by(caf::actor_cast<caf::actor_addr>(self->address()));
  auto& feed = context->machine->actors().feed;
  // A feed that fails takes its list of followers with it.
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  auto behind = supervision::door_of(feed).leads_to();
  if (behind)
    self->monitor(caf::actor_cast<caf::actor_addr>(behind));
  self
    ->request(feed, std::chrono::seconds{10}, atom::follow_v,
              there->log().stream, entity::follower_actor{self})
    .then(
      [self, feed, behind](bool) {
        auto to = self->state.to.lock();
        // The end of a feed that came meanwhile would not be noticed.
        if (to && supervision::door_of(feed).leads_to() == behind)
          to->open();
        else
          self->quit();
      },
      [self](const caf::error&) { self->quit(); });
  return {
    [self](atom::publish, const entity::published& what) {
      if (auto to = self->state.to.lock())
        to->publish(what.first_seq, what.payloads);
    },
    [self](atom::live, const entity::live_piece& piece) {
      if (auto to = self->state.to.lock())
        to->publish(piece);
    },
  };
}

} // namespace

void feed_channel(const context_ptr& context,
                  const std::shared_ptr<channel>& to) {
  auto& guests = context->machine->actors().guests;
  if (!guests.spawn(feeder, context, std::weak_ptr<channel>{to}))
    to->lose();
}

} // namespace machine::gateway

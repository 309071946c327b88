#include "runtime/entity/feed.hpp"

#include <algorithm>

namespace machine::entity {

namespace {

/// Forgets *who* as a follower of every log for which *where* holds.
template <class Predicate>
void forget(feed_state& state, const caf::actor_addr& who, Predicate where) {
  for (auto i = state.followers.begin(); i != state.followers.end();) {
    if (where(i->first))
      std::erase_if(i->second, [&](auto& x) { return x.address() == who; });
    i = i->second.empty() ? state.followers.erase(i) : std::next(i);
  }
}

/// Sends *xs* to everybody who follows *stream*.
template <class Self, class... Ts>
void tell(Self* self, const store::stream_id& stream, const Ts&... xs) {
  auto i = self->state.followers.find(stream);
  if (i == self->state.followers.end())
    return;
  for (auto& who : i->second)
    self->send(who, xs...);
}

} // namespace

feed_actor::behavior_type feed(feed_actor::stateful_pointer<feed_state> self) {
  self->set_down_handler([self](const caf::down_msg& down) {
    forget(self->state, down.source, [](auto&) { return true; });
  });
  return {
    [self](atom::publish, const published& what) {
      tell(self, what.stream, atom::publish_v, what);
    },
    [self](atom::live, const store::stream_id& stream,
           const live_piece& piece) {
      tell(self, stream, atom::live_v, piece);
    },
    [self](atom::follow, const store::stream_id& stream,
           const follower_actor& who) {
      self->monitor(who);
      self->state.followers[stream].push_back(who);
      return true;
    },
    [self](atom::unfollow, const store::stream_id& stream,
           const follower_actor& who) {
      forget(self->state, who.address(), [&](auto& x) { return x == stream; });
    },
  };
}

} // namespace machine::entity

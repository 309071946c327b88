#include "gateway/api/channel_feeder.hpp"

#include "runtime/supervisor/door.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <exception>

namespace machine::gateway {

namespace {

/// What is read of a log at a time: little beside what may wait for a client.
constexpr size_t read_events = 500;
constexpr size_t read_bytes = 128u << 10;

/// When it is tried again to read, if too much waited for that.
constexpr std::chrono::milliseconds pause_of_feeder{100};

/// A follower that is told when what it reads is there.
using feeder_actor =
  entity::follower_actor::extend<caf::reacts_to<atom::resume>>;

/// What was read on a thread that may block.
struct log_part {
  /// Before the first part: the number of the last event that there was.
  uint64_t last_seq = 0;
  std::vector<bytes> payloads;
  bool failed = true;
};

struct feeder_state {
  feeder_state() = default;

  ~feeder_state() {
    if (auto there = to.lock())
      there->lose();
  }

  context_ptr context;
  std::weak_ptr<channel> to;
  store::stream_id log;
  /// The number of the last event that was published.
  uint64_t seen = 0;
  bool is_open = false;
  /// What is being read; null: nothing.
  std::shared_ptr<log_part> reading;
  /// More was committed since then.
  bool again = false;
  /// Too much waited when it wanted to read; it will try again.
  bool pauses = false;

  static inline const char* name = "feeder";
};

using feeder_pointer = feeder_actor::stateful_pointer<feeder_state>;

/// Blocks.
log_part begin_of(store::engine& engine, const store::stream_id& log) {
  log_part result;
  if (auto last = engine.last_seq(log)) {
    result.last_seq = *last;
    result.failed = false;
  }
  return result;
}

/// Blocks.
log_part part_of(store::engine& engine, const store::stream_id& log,
                 uint64_t seen) {
  log_part result;
  auto events = engine.read(log, seen + 1, read_events, read_bytes);
  if (!events)
    return result;
  for (auto& x : *events)
    result.payloads.push_back(std::move(x.payload));
  result.failed = false;
  return result;
}

/// Has read what is in the log and was not published, or, before the channel is
/// open, how far it reaches; comes back with it.
void read_log(feeder_pointer self) {
  auto& state = self->state;
  if (state.reading || state.pauses) {
    state.again = true;
    return;
  }
  auto part = std::make_shared<log_part>();
  state.reading = part;
  state.again = false;
  auto job = [part, engine = state.context->machine->options().engine,
              log = state.log, seen = state.seen, is_open = state.is_open,
              me = caf::actor_cast<caf::actor_addr>(self->address())] {
    try {
      *part = is_open ? part_of(*engine, log, seen) : begin_of(*engine, log);
    } catch (const std::exception&) {
      // It says that it failed until it is there.
    }
    if (auto there = caf::actor_cast<feeder_actor>(me))
      caf::anon_send(there, atom::resume_v);
  };
  auto& lookups = state.context->machine->actors().lookups;
  // No principal is called so.
  auto refused =
    lookups->post({state.log.tenant, "log/" + state.log.id}, std::move(job));
  if (!refused)
    return;
  state.reading = nullptr;
  if (code_of(refused) == ec::overloaded) {
    state.pauses = true;
    self->delayed_send(self, pause_of_feeder, atom::resume_v);
  } else {
    self->quit();
  }
}

void on_read(feeder_pointer self) {
  auto& state = self->state;
  auto part = std::exchange(state.reading, nullptr);
  auto to = state.to.lock();
  if (!to || !part || part->failed) {
    self->quit();
    return;
  }
  if (!state.is_open) {
    // Of what happened meanwhile, some may be beyond that.
    state.seen = std::max(state.seen, part->last_seq);
    state.is_open = true;
    to->open();
  } else if (!part->payloads.empty()) {
    to->publish(state.seen + 1, part->payloads);
    state.seen += part->payloads.size();
    state.again = true;
  }
  if (state.again)
    read_log(self);
}

void on_published(feeder_pointer self, const entity::published& what) {
  auto& state = self->state;
  auto to = state.to.lock();
  if (!to)
    return;
  // It only says that there is more: one reads it for all.
  if (what.payloads.empty()) {
    if (what.first_seq > state.seen + 1)
      read_log(self);
    return;
  }
  auto last = what.first_seq + what.payloads.size() - 1;
  if (last <= state.seen)
    return;
  // Who is told of something twice knows it.
  if (!state.reading)
    state.seen = last;
  to->publish(what.first_seq, what.payloads);
}

feeder_actor::behavior_type feeder(feeder_pointer self,
                                   const context_ptr& context,
                                   std::weak_ptr<channel> channel) {
  self->state.context = context;
  self->state.to = std::move(channel);
  auto there = self->state.to.lock();
  if (!there) {
    self->quit();
    return feeder_actor::behavior_type::make_empty_behavior();
  }
  self->state.log = there->log().stream;
  there->fed_by(caf::actor_cast<caf::actor_addr>(self->address()));
  auto& feed = context->machine->actors().feed;
  // A feed that fails takes its list of followers with it.
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  auto behind = supervision::door_of(feed).leads_to();
  if (behind)
    self->monitor(caf::actor_cast<caf::actor_addr>(behind));
  self
    ->request(feed, std::chrono::seconds{10}, atom::follow_v, self->state.log,
              entity::follower_actor{feeder_actor{self}})
    .then(
      [self, feed, behind](bool) {
        // The end of a feed that came meanwhile would not be noticed.
        if (supervision::door_of(feed).leads_to() == behind)
          read_log(self);
        else
          self->quit();
      },
      [self](const caf::error&) { self->quit(); });
  return {
    [self](atom::publish, const entity::published& what) {
      on_published(self, what);
    },
    [self](atom::live, const entity::live_piece& piece) {
      if (auto to = self->state.to.lock())
        to->publish(piece);
    },
    [self](atom::resume) {
      if (std::exchange(self->state.pauses, false))
        read_log(self);
      else
        on_read(self);
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

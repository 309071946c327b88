#include "gateway/api/follow.hpp"

#include "gateway/api/run_view.hpp"
#include "runtime/supervisor/door.hpp"
#include "runtime/wire/wire.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace machine::gateway {

namespace {

/// What is read of the log at a time. The next page is read when the client
/// has taken this one, so it bounds what waits for a client; well below what a
/// stream may hold.
constexpr size_t page_events = 200;
constexpr size_t page_bytes = 128u << 10;

/// A follower that is told when its client has read everything.
using reader_actor =
  entity::follower_actor::extend<caf::reacts_to<atom::resume>>;

struct follow_state {
  context_ptr context;
  store::stream_id stream;
  std::shared_ptr<event_stream> to;
  /// The last number that was sent.
  uint64_t sent = 0;
  /// What is stored is being sent; what happens meanwhile is stored, too.
  bool catching_up = true;
  /// Nothing was read yet: *sent* is what the client said.
  bool first = true;

  follow_state() = default;

  static inline const char* name = "follow";
};

using self_pointer = reader_actor::stateful_pointer<follow_state>;

void finish(self_pointer self) {
  self->state.to->close();
  self->quit();
}

/// Whether the client has the last event of the run already.
bool has_all(follow_state& state) {
  if (state.sent == 0)
    return false;
  auto last = state.context->machine->engine().read(state.stream, state.sent, 1,
                                                    page_bytes);
  return last && !last->empty() && is_last_event(last->front().payload);
}

/// Sends one event; false if it was the last one of its run.
bool send_event(follow_state& state, uint64_t seq, const bytes& payload) {
  state.sent = seq;
  state.to->send(std::to_string(seq), "event", event_document(seq, payload));
  return !is_last_event(payload);
}

/// Sends a page of what is stored and comes back when the client has it. The
/// log is in memory for the most part, and a page is small, so this is no long
/// stay.
void send_page(self_pointer self) {
  auto& state = self->state;
  auto page = state.context->machine->engine().read(
    state.stream, state.sent + 1, page_events, page_bytes);
  auto first = std::exchange(state.first, false);
  if (!page || (page->empty() && first && has_all(state))) {
    finish(self);
    return;
  }
  if (page->empty()) {
    state.catching_up = false;
    return;
  }
  for (auto& event : *page)
    if (!send_event(state, event.seq, event.payload)) {
      finish(self);
      return;
    }
  state.to->on_drained(
    [me = caf::actor_cast<caf::actor_addr>(self->address())] {
      if (auto there = caf::actor_cast<reader_actor>(me))
        caf::anon_send(there, atom::resume_v);
    });
}

void on_published(self_pointer self, const entity::published& what) {
  auto& state = self->state;
  if (state.catching_up)
    return;
  // A commit was missed: the log has it.
  if (what.first_seq > state.sent + 1) {
    state.catching_up = true;
    send_page(self);
    return;
  }
  auto seq = what.first_seq;
  for (auto& payload : what.payloads) {
    if (seq > state.sent && !send_event(state, seq, payload)) {
      finish(self);
      return;
    }
    ++seq;
  }
}

reader_actor::behavior_type follow(self_pointer self, context_ptr context,
                                   store::stream_id stream, uint64_t after,
                                   std::shared_ptr<event_stream> to) {
  auto& state = self->state;
  state.context = std::move(context);
  state.stream = std::move(stream);
  state.to = std::move(to);
  state.sent = after;
  state.to->on_closed([me = caf::actor_cast<caf::actor_addr>(self->address())] {
    if (auto there = caf::actor_cast<caf::actor>(me))
      caf::anon_send_exit(there, caf::exit_reason::user_shutdown);
  });
  // A feed that fails takes its list of followers with it. The client comes
  // again and is followed for by the next one.
  auto& feed = state.context->machine->actors().feed;
  self->set_down_handler([self](const caf::down_msg&) { finish(self); });
  if (auto behind = supervision::door_of(feed).leads_to())
    self->monitor(caf::actor_cast<caf::actor_addr>(behind));
  // From here on nothing is missed; what was before is in the log.
  self
    ->request(feed, std::chrono::seconds{10}, atom::follow_v, state.stream,
              entity::follower_actor{reader_actor{self}})
    .then([self](bool) { send_page(self); },
          [self](const caf::error&) { finish(self); });
  return {
    [self](atom::publish, const entity::published& what) {
      on_published(self, what);
    },
    [self](atom::live, const entity::live_piece& piece) {
      // Beside events of the past it would make no sense.
      if (self->state.catching_up)
        return;
      self->state.to->send(std::nullopt, "live",
                           R"({"type":)" + wire::to_json(piece.kind)
                             + R"(,"activation":)"
                             + wire::to_json(piece.subject) + R"(,"text":)"
                             + wire::to_json(piece.text) + "}");
    },
    [self](atom::resume) { send_page(self); },
  };
}

} // namespace

void follow_run(const context_ptr& context, const std::string& id,
                uint64_t after, const std::shared_ptr<event_stream>& to) {
  auto spawned = context->machine->actors().guests.spawn(
    follow, context,
    store::stream_id{orchestrator::run::kind, local_tenant, id}, after, to);
  if (!spawned)
    to->close();
}

} // namespace machine::gateway

#include "gateway/api/follow.hpp"

#include "runtime/supervisor/door.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <exception>

namespace machine::gateway {

namespace {

/// What is read of the log at a time. The next page is read when the client
/// has taken this one, so it bounds what waits for a client; well below what a
/// stream may hold.
constexpr size_t page_events = 200;
constexpr size_t followed_bytes = 128u << 10;

/// A follower that is told when its client has read everything.
using reader_actor =
  entity::follower_actor::extend<caf::reacts_to<atom::resume>>;

/// A page of the log, as it was read on a thread that may block.
struct log_page {
  struct row {
    uint64_t seq;
    std::string document;
    bool is_last;
  };

  std::vector<row> rows;
  /// Nothing came after what the client has, nor ever will.
  bool is_over = false;
  bool failed = true;
};

/// When it is tried again to read, if too much waited for that.
constexpr std::chrono::milliseconds pause_of_reader{100};

struct follow_state {
  context_ptr context;
  std::string whom;
  log_view log;
  std::shared_ptr<event_stream> to;
  /// The last number that was sent.
  uint64_t sent = 0;
  /// What is stored is being sent; what happens meanwhile is stored, too.
  bool catching_up = true;
  /// Something was committed since the last page was asked for.
  bool again = false;
  /// What is being read; null: nothing.
  std::shared_ptr<log_page> page;

  follow_state() = default;

  static inline const char* name = "follow";
};

using self_pointer = reader_actor::stateful_pointer<follow_state>;

void finish(self_pointer self) {
  self->state.to->close();
  self->quit();
}

/// Tells the follower at *to* that it can go on, if it is there still.
void resume(const caf::actor_addr& to) {
  if (auto there = caf::actor_cast<reader_actor>(to))
    caf::anon_send(there, atom::resume_v);
}

/// Whether the client has the last event of the log already.
bool has_all(store::engine& engine, const log_view& log, uint64_t sent) {
  if (sent == 0)
    return false;
  auto last = engine.read(log.stream, sent, 1, followed_bytes);
  return last && !last->empty() && log.is_last(last->front().payload);
}

/// Blocks.
log_page read_log_page(store::engine& engine, const log_view& log,
                       uint64_t sent) {
  log_page result;
  auto events = engine.read(log.stream, sent + 1, page_events, followed_bytes);
  if (!events)
    return result;
  for (auto& x : *events)
    result.rows.push_back(
      {x.seq, log.document(x.seq, x.payload), log.is_last(x.payload)});
  result.is_over = events->empty() && has_all(engine, log, sent);
  result.failed = false;
  return result;
}

/// Has the next page read, and comes back with it.
void read_page(self_pointer self) {
  auto& state = self->state;
  auto page = std::make_shared<log_page>();
  state.page = page;
  state.again = false;
  auto job = [page, engine = state.context->machine->options().engine,
              log = state.log, sent = state.sent,
              me = caf::actor_cast<caf::actor_addr>(self->address())] {
    try {
      *page = read_log_page(*engine, log, sent);
    } catch (const std::exception&) {
      // It says that it failed until it is there.
    }
    resume(me);
  };
  auto& lookups = state.context->machine->actors().lookups;
  auto refused =
    lookups->post({state.log.stream.tenant, state.whom}, std::move(job));
  if (!refused)
    return;
  state.page = nullptr;
  if (code_of(refused) == ec::overloaded)
    self->delayed_send(self, pause_of_reader, atom::resume_v);
  else
    finish(self);
}

/// Sends the page that was read and comes back when the client has it.
void send_page(self_pointer self) {
  auto& state = self->state;
  auto page = std::exchange(state.page, nullptr);
  if (page->failed || page->is_over) {
    finish(self);
    return;
  }
  if (page->rows.empty()) {
    // Of what was committed after the page was read nobody tells again.
    if (state.again)
      read_page(self);
    else
      state.catching_up = false;
    return;
  }
  for (auto& x : page->rows) {
    state.sent = x.seq;
    state.to->send(std::to_string(x.seq), "event", x.document);
    if (x.is_last) {
      finish(self);
      return;
    }
  }
  state.to->on_drained(
    [me = caf::actor_cast<caf::actor_addr>(self->address())] { resume(me); });
}

/// Sends one event; false if it was the last one of its run.
bool send_event(follow_state& state, uint64_t seq, const bytes& payload) {
  state.sent = seq;
  state.to->send(std::to_string(seq), "event",
                 state.log.document(seq, payload));
  return !state.log.is_last(payload);
}

void on_published(self_pointer self, const entity::published& what) {
  auto& state = self->state;
  if (state.catching_up) {
    state.again = true;
    return;
  }
  // A commit was missed: the log has it.
  if (what.first_seq > state.sent + 1) {
    state.catching_up = true;
    read_page(self);
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
                                   std::string whom, log_view log,
                                   uint64_t after,
                                   std::shared_ptr<event_stream> to) {
  auto& state = self->state;
  state.context = std::move(context);
  state.whom = std::move(whom);
  state.log = std::move(log);
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
  auto behind = supervision::door_of(feed).leads_to();
  if (behind)
    self->monitor(caf::actor_cast<caf::actor_addr>(behind));
  // From here on nothing is missed; what was before is in the log.
  self
    ->request(feed, std::chrono::seconds{10}, atom::follow_v, state.log.stream,
              entity::follower_actor{reader_actor{self}})
    .then(
      [self, feed, behind](bool) {
        // The end of one that came meanwhile would not be noticed.
        if (supervision::door_of(feed).leads_to() == behind)
          read_page(self);
        else
          finish(self);
      },
      [self](const caf::error&) { finish(self); });
  return {
    [self](atom::publish, const entity::published& what) {
      on_published(self, what);
    },
    [self](atom::live, const entity::live_piece& piece) {
      // Beside events of the past it would make no sense.
      if (self->state.catching_up)
        return;
      self->state.to->send(std::nullopt, "live", live_document(piece));
    },
    [self](atom::resume) {
      if (self->state.page)
        send_page(self);
      else
        read_page(self);
    },
  };
}

} // namespace

void follow_log(const context_ptr& context, const std::string& whom,
                log_view log, uint64_t after,
                const std::shared_ptr<event_stream>& to) {
  auto spawned = context->machine->actors().guests.spawn(
    follow, context, whom, std::move(log), after, to);
  if (!spawned)
    to->close();
}

} // namespace machine::gateway

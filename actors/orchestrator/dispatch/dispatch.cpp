#include "actors/orchestrator/dispatch/dispatch.hpp"

#include "actors/orchestrator/dispatch/attempt.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

using self_pointer = dispatch_actor::stateful_pointer<dispatch_state>;

/// The machine's own work is short and frees what others wait for.
bool is_own_work(const attempt_order& x) {
  return x.kind == attempt_kind::prepare || x.kind == attempt_kind::publish;
}

/// Whether a run has to hear of a worker that ended with *reason*: it has said
/// nothing itself, and no later start of the machine will find that out.
bool is_failure(const caf::error& reason) {
  return reason && reason != caf::exit_reason::normal
      && reason != caf::exit_reason::user_shutdown;
}

/// Tells a run *what* the end is of an attempt of which it has not heard.
void tell_end(self_pointer self, const activation_key& at, uint64_t token,
              run_command what) {
  using orchestrator::run;
  auto& state = self->state;
  std::pair end{at, token};
  state.untold.insert(end);
  auto told = [&state, end] { state.untold.erase(end); };
  auto refused = [self, &state, at, told](const caf::error& why) {
    told();
    auto code = code_of(why);
    if (code == ec::fenced || code == ec::not_found)
      return;
    // What follows from it cannot be recorded either. The run must not wait for
    // ever.
    cancel_run last{"the machine",
                    "the end of " + at.activation
                      + " cannot be recorded: " + message_of(why)};
    ask<run>(
      self, state.expected, state.uses->runs, at.run, last, [] {},
      [](const caf::error&) {});
  };
  ask<run>(self, state.expected, state.uses->runs, at.run, what, told, refused);
}

void tell_failure(self_pointer self, const activation_key& at, uint64_t token,
                  ec code, std::string message) {
  fail_attempt failure;
  failure.activation = at.activation;
  failure.token = token;
  failure.code = to_string(code);
  failure.message = std::move(message);
  tell_end(self, at, token, std::move(failure));
}

void tell_lost(self_pointer self, const activation_key& at, uint64_t token) {
  tell_end(self, at, token, attempt_is_lost{at.activation, token});
}

void tell_stopped(self_pointer self, const activation_key& at, uint64_t token) {
  tell_end(self, at, token, attempt_is_stopped{at.activation, token});
}

void settle(self_pointer self, const activation_key& at);

void begin(self_pointer self, const activation_key& at, attempt_order order) {
  auto& state = self->state;
  worker made;
  made.token = order.token;
  made.handle = self->spawn(attempt, state.uses, at.run, std::move(order),
                            census::enter(state.uses->present, at));
  self->monitor(made.handle);
  state.working.emplace(at, std::move(made));
}

void fill(self_pointer self) {
  auto& state = self->state;
  while (!state.waiting.empty()
         && state.working.size() < state.uses->capacity) {
    auto next = state.waiting.extract(state.waiting.begin());
    auto& [at, order] = next.mapped();
    state.places.erase(at);
    begin(self, at, std::move(order));
  }
}

/// Has *order* performed, now or when there is room. No worker is at it.
void admit(self_pointer self, const activation_key& at, attempt_order order) {
  auto& state = self->state;
  if (is_own_work(order)) {
    begin(self, at, std::move(order));
    return;
  }
  if (state.waiting.size() >= max_waiting_attempts) {
    tell_failure(self, at, order.token, ec::overloaded,
                 std::to_string(state.waiting.size())
                   + " attempts wait for a worker already; try later");
    return;
  }
  state.places.emplace(at, ++state.last_place);
  state.waiting.emplace(state.last_place, std::pair{at, std::move(order)});
  fill(self);
}

/// Goes on after a worker of which nothing lives any more.
void settle(self_pointer self, const activation_key& at) {
  auto& state = self->state;
  auto i = state.working.find(at);
  if (i == state.working.end() || !i->second.ended || !i->second.gone)
    return;
  auto was = std::move(i->second);
  state.working.erase(i);
  if (code_of(*was.ended) == ec::fenced)
    was.lost.insert(was.token);
  else if (is_failure(*was.ended) && !was.stops.contains(was.token))
    tell_failure(self, at, was.token, code_of(*was.ended),
                 "the worker of " + at.activation
                   + " died: " + message_of(*was.ended));
  for (auto token : was.lost)
    if (!was.stops.contains(token))
      tell_lost(self, at, token);
  for (auto token : was.stops)
    tell_stopped(self, at, token);
  if (was.next)
    admit(self, at, std::move(*was.next));
  fill(self);
}

void on_down(self_pointer self, const caf::down_msg& down) {
  auto& working = self->state.working;
  auto i = std::find_if(working.begin(), working.end(), [&](auto& x) {
    return x.second.handle && x.second.handle.address() == down.source;
  });
  if (i == working.end())
    return;
  i->second.ended = down.reason;
  // The actor may hold its presence until it is forgotten.
  i->second.handle = nullptr;
  settle(self, activation_key{i->first});
}

/// Nothing lives any more of the worker that was at *at*.
void on_gone(self_pointer self, const activation_key& at) {
  auto& working = self->state.working;
  if (auto i = working.find(at); i != working.end()) {
    i->second.gone = true;
    settle(self, at);
  }
}

/// Takes over from a dispatch that failed: its workers were ended with it, and
/// nobody takes their place until nothing of them lives.
void take_over(self_pointer self) {
  auto& state = self->state;
  for (auto& at : state.uses->present->attach(dispatch_actor{self}))
    state.working[at].ended = caf::error{};
}

void forget_waiting(dispatch_state& state, const activation_key& at) {
  if (auto i = state.places.find(at); i != state.places.end()) {
    state.waiting.erase(i->second);
    state.places.erase(i);
  }
}

/// The token of the newest order for *at*; 0 if there is none.
uint64_t newest(const dispatch_state& state, const activation_key& at) {
  if (auto i = state.places.find(at); i != state.places.end())
    return state.waiting.at(i->second).second.token;
  auto i = state.working.find(at);
  if (i == state.working.end())
    return 0;
  return i->second.next ? i->second.next->token : i->second.token;
}

void start(self_pointer self, const activation_key& at, attempt_order order) {
  auto& state = self->state;
  // A run that is loaded again says it again, and one that died may be late.
  if (order.token <= newest(state, at))
    return;
  forget_waiting(state, at);
  auto i = state.working.find(at);
  if (i == state.working.end()) {
    admit(self, at, std::move(order));
    return;
  }
  auto& there = i->second;
  // Two workers would write into one worktree.
  there.next = std::move(order);
  if (!there.ended)
    self->send(there.handle, atom::stop_v);
}

void stop(self_pointer self, const activation_key& at, uint64_t token) {
  auto& state = self->state;
  if (auto i = state.working.find(at); i != state.working.end()) {
    auto& there = i->second;
    if (there.next && there.next->token == token)
      there.next.reset();
    there.stops.insert(token);
    if (!there.ended && there.token == token)
      self->send(there.handle, atom::stop_v);
    return;
  }
  // It has not begun, or ended already: nothing of it lives.
  if (auto i = state.places.find(at);
      i != state.places.end()
      && state.waiting.at(i->second).second.token == token)
    forget_waiting(state, at);
  tell_stopped(self, at, token);
}

/// Makes sure that the run of *at* hears how its attempt ends.
void probe(self_pointer self, const activation_key& at, uint64_t token) {
  auto& state = self->state;
  if (state.untold.contains({at, token}))
    return;
  if (auto i = state.working.find(at); i != state.working.end()) {
    auto& there = i->second;
    // Of another worker something lives: first its end, and then the word that
    // nobody is at it.
    if (there.token != token && !(there.next && there.next->token == token))
      there.lost.insert(token);
    return;
  }
  auto i = state.places.find(at);
  if (i == state.places.end()
      || state.waiting.at(i->second).second.token != token)
    tell_lost(self, at, token);
}

} // namespace

dispatch_actor::behavior_type
dispatch(dispatch_actor::stateful_pointer<dispatch_state> self,
         std::shared_ptr<const workshop> uses) {
  self->state.uses = std::move(uses);
  self->set_down_handler(
    [self](const caf::down_msg& down) { on_down(self, down); });
  take_over(self);
  return {
    [self](atom::start, const entity::key& run, attempt_order& order) {
      order.run = run.id;
      activation_key at{run, order.activation};
      start(self, at, std::move(order));
    },
    [self](atom::stop, const entity::key& run, const std::string& activation,
           uint64_t token) {
      stop(self, {run, activation}, token);
    },
    [self](atom::probe, const entity::key& run, const std::string& activation,
           uint64_t token) {
      probe(self, {run, activation}, token);
    },
    [self](atom::gone, const entity::key& run, const std::string& activation) {
      on_gone(self, {run, activation});
    },
    [self](atom::ready, uint64_t number) { self->state.expected.meet(number); },
  };
}

} // namespace machine::orchestrator

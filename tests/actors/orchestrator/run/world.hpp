#pragma once

#include "actors/orchestrator/books/booking.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/tracker/project.hpp"
#include "runtime/entity/draft.hpp"

#include <rapidcheck.h>

#include <deque>
#include <map>
#include <set>

namespace machine::test {

using namespace orchestrator;

/// A run, its workers and its project, without actors; it checks after every
/// command what must always hold.
class world {
public:
  /// Decides and applies *what*; the error if it was refused.
  caf::error give(const run_command& what) {
    entity::context ctx{{"t", "r-1"}, now, *rc::gen::arbitrary<uint64_t>()};
    auto was_ended = state.phase == run_phase::ended;
    entity::draft<run> to{state, ctx};
    if (auto refused = run::decide(to, what)) {
      RC_ASSERT(!message_of(refused).empty());
      RC_ASSERT(!to.changed());
      return refused;
    }
    for (auto& event : to.take_events()) {
      auto stored = wire::from_msgpack<run_event>(wire::to_msgpack(event));
      RC_ASSERT(stored);
      RC_ASSERT(*stored == event);
      if (was_ended)
        RC_ASSERT(std::holds_alternative<charges_posted>(event)
                  || std::holds_alternative<books_closed>(event)
                  || std::holds_alternative<run_archived>(event)
                  || std::holds_alternative<run_unarchived>(event));
      note(event);
      log.emplace_back(now, std::move(*stored));
    }
    for (auto& effect : to.take_effects())
      std::visit([this](auto& x) { perform(x); }, effect);
    check();
    return caf::none;
  }

  /// All processes die; the run is loaded again.
  void crash() {
    running.clear();
    stopping.clear();
    reload();
  }

  /// The run alone is loaded again; what it asked for about money is forgotten.
  void reload() {
    books.clear();
    state = replay();
    auto events = log.size();
    for (auto& effect : run::outstanding(state, {"t", "r-1"}))
      std::visit([this](auto& x) { perform(x); }, effect);
    // A run that was loaded is no other than it was.
    RC_ASSERT(log.size() == events);
    // Of workers that are no more it is said at once what became of them.
    for (; !lost.empty(); lost.pop_front())
      RC_ASSERT(
        !give(attempt_is_lost{lost.front().activation, lost.front().token}));
    for (; !gone.empty(); gone.pop_front())
      RC_ASSERT(
        !give(attempt_is_stopped{gone.front().activation, gone.front().token}));
  }

  /// Lets the project have the oldest matter of money.
  void keep_books() {
    if (books.empty())
      return;
    auto matter = std::move(books.front());
    books.pop_front();
    std::visit([this](auto& x) { settle(x); }, matter);
  }

  run_state replay() const {
    run_state again;
    for (auto& [at, event] : log)
      run::apply(again, event, at);
    return again;
  }

  run_state state;
  tracker::project_state project;
  timestamp now{std::chrono::hours{1}};
  std::vector<std::pair<timestamp, run_event>> log;
  /// Every order that was ever given, by token.
  std::map<uint64_t, attempt_order> orders;
  /// Tokens of workers that live.
  std::set<uint64_t> running;
  /// Tokens of workers that were asked to stop.
  std::set<uint64_t> stopping;
  /// Who was asked to stop and does not live.
  std::deque<stop_attempt> gone;
  /// Who was asked after and does not live.
  std::deque<probe_attempt> lost;
  /// Effects that are done, by their key.
  std::set<std::string> done;
  /// Effects of which an operator has to say whether they happened.
  std::set<std::string> doubtful;

private:
  using matter = std::variant<request_budget, post_charges, close_books>;

  /// Whether the run will hear that nobody holds *token*.
  bool is_gone(uint64_t token) const {
    auto is_it = [&](auto& x) { return x.token == token; };
    return std::any_of(gone.begin(), gone.end(), is_it)
        || std::any_of(lost.begin(), lost.end(), is_it);
  }

  void perform(start_attempt& x) {
    RC_ASSERT(orders.emplace(x.order.token, x.order).second);
    running.insert(x.order.token);
  }

  void perform(copy_history&) {}

  void perform(start_child&) {
    RC_FAIL("nothing calls another workflow here");
  }

  void perform(cancel_child&) {}

  void perform(tell_parent&) {}

  void perform(tell_schedule&) {}

  /// The end of a run is told once, however often it is loaded.
  void perform(close_trace&) {
    RC_ASSERT(!std::exchange(trace_closed, true));
  }

  void perform(stop_attempt& x) {
    stopping.insert(x.token);
    if (!running.contains(x.token))
      gone.push_back(x);
  }

  void perform(probe_attempt& x) {
    if (!running.contains(x.token))
      lost.push_back(x);
  }

  template <class Matter>
  void perform(Matter& x) {
    books.emplace_back(x);
  }

  caf::error ask_project(const tracker::project_command& what) {
    entity::context ctx{{"t", "default"}, now, 0};
    entity::draft<tracker::project> to{project, ctx};
    return tracker::project::decide(to, what);
  }

  void settle(const request_budget& x) {
    if (auto why = ask_project(tracker::lease_budget{"r-1", x.amount}))
      RC_ASSERT(!give(refuse_budget{message_of(why)}));
    else if (auto why = give(grant_budget{x.amount})) {
      RC_ASSERT(code_of(why) == ec::cancelled);
      RC_ASSERT(!ask_project(tracker::close_lease{"r-1", 0}));
    }
  }

  void settle(const post_charges& x) {
    RC_ASSERT(!ask_project(booking_of("r-1", x)));
    RC_ASSERT(!give(charges_are_posted{x.charges.back().number}));
  }

  void settle(const close_books& x) {
    RC_ASSERT(!ask_project(tracker::close_lease{"r-1", x.spent}));
    RC_ASSERT(!give(books_are_closed{}));
  }

  /// What an event says about effects, before it is applied.
  void note(const run_event& event) {
    if (auto* x = std::get_if<effect_intended>(&event)) {
      RC_ASSERT(!done.contains(x->effect));
      // An operator said first what became of it.
      RC_ASSERT(!doubtful.contains(x->effect));
    } else if (auto* x = std::get_if<effect_done>(&event)) {
      RC_ASSERT(done.insert(x->effect).second);
    } else if (auto* x = std::get_if<effect_lost>(&event)) {
      if (!x->idempotent)
        doubtful.insert(x->effect);
    } else if (auto* x = std::get_if<interrupt_answered>(&event)) {
      auto id = x->interrupt.substr(0, x->interrupt.find('/'));
      if (id.starts_with("reconcile:"))
        doubtful.erase(id.substr(10));
    } else if (std::holds_alternative<run_ended>(event)) {
      RC_ASSERT(running.empty());
    }
  }

  void check() {
    RC_ASSERT(state.leased >= 0);
    RC_ASSERT(state.spent + state.leased <= state.created.budget);
    micro_usd bill = 0;
    for (auto& row : state.bill)
      bill += row.cost;
    RC_ASSERT(bill == state.spent);
    micro_usd by_step = 0;
    for (auto& [step, spent] : state.spent_by_step)
      by_step += spent;
    RC_ASSERT(by_step == state.spent);
    micro_usd by_activation = 0;
    micro_usd leased = 0;
    for (auto& [id, x] : state.activations) {
      by_activation += x.spent;
      for (auto& effect : x.journal)
        leased += effect.lease;
      // Whoever holds a token was asked to work, or to stop.
      if (x.token != 0) {
        RC_ASSERT(running.contains(x.token) || is_gone(x.token));
        RC_ASSERT(!has_ended(x));
        if (state.phase == run_phase::closing)
          RC_ASSERT(stopping.contains(x.token));
      }
    }
    RC_ASSERT(by_activation == state.spent);
    RC_ASSERT(leased == state.leased);
    auto unposted = state.outbox.empty() ? 0 : state.outbox.front().number - 1;
    RC_ASSERT(state.outbox.empty()
              || state.last_charge - unposted == state.outbox.size());
    auto snapshot = wire::from_msgpack<run_state>(wire::to_msgpack(state));
    RC_ASSERT(snapshot);
    RC_ASSERT(*snapshot == state);
    check_liveness();
  }

  /// A run that is not over has somebody to wait for.
  void check_liveness() {
    auto asks = false;
    for (auto& [id, x] : state.interrupts)
      asks |= x.phase == interrupt_phase::open;
    if (state.phase == run_phase::ended) {
      RC_ASSERT(state.leased == 0);
      RC_ASSERT(!asks);
      RC_ASSERT(!run::wake_at(state));
      RC_ASSERT(state.ended_at.has_value());
    } else if (state.phase != run_phase::absent && !waits_for_place(state)) {
      RC_ASSERT(has_live_attempts(state) || asks
                || run::wake_at(state).has_value());
    }
    if (run::idle(state))
      RC_ASSERT(asks || state.phase == run_phase::absent
                || state.phase == run_phase::ended);
  }

  std::deque<matter> books;
  bool trace_closed = false;
};

} // namespace machine::test

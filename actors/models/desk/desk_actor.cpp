#include "actors/models/desk/desk_actor.hpp"

#include "actors/models/desk/recovery.hpp"
#include "actors/models/desk/wish.hpp"
#include "actors/models/routing/rank.hpp"

#include <algorithm>

namespace machine::models {

namespace {

using self_pointer = desk_actor::stateful_pointer<desk_state>;

/// The ledger answers within a commit; more means that the disk is in trouble.
constexpr std::chrono::seconds ledger_patience{30};

/// From which size on a journal is written anew.
constexpr uint64_t least_journal = 8u << 20;

/// How often what was written is made to reach the disk.
constexpr duration sync_every{1'000};

/// How often what was learned is written down.
constexpr duration save_every{60'000};

void open_journal(desk_state& state) {
  if (state.uses.journals.empty())
    return;
  auto made = costs::journal::create(state.uses.journals, state.start);
  if (!made) {
    state.uses.failed(made.error());
    return;
  }
  state.journal = std::move(*made);
  state.journal_bound = least_journal;
}

/// Forgets what is settled.
void tidy_journal(desk_state& state) {
  if (!state.journal || state.journal->size() < state.journal_bound)
    return;
  std::vector<costs::journal_record> live;
  for (auto& [tenant, till] : state.tills)
    for (auto& x : till->live_records())
      live.push_back(std::move(x));
  if (auto err = state.journal->replace(live))
    state.uses.failed(err);
  state.journal_bound = std::max(least_journal, state.journal->size() * 2);
}

void sync_journal(desk_state& state) {
  if (state.journal)
    if (auto err =
          state.uses.in_pool([journal = state.journal] { journal->sync(); }))
      state.uses.failed(err);
  state.at(state.steady() + sync_every, [&state] { sync_journal(state); });
}

void load_lessons(desk_state& state) {
  if (!state.uses.lessons)
    return;
  auto found = state.uses.lessons->take();
  state.knows = std::move(found.knows);
  if (found.problem)
    state.uses.failed(found.problem);
}

/// Has what was learned written down.
void save_lessons(desk_state& state) {
  if (!state.uses.lessons || !std::exchange(state.has_news, false))
    return;
  state.uses.lessons->put(state.knows);
  auto write = [to = state.uses.lessons, failed = state.uses.failed] {
    if (auto err = to->write())
      failed(err);
  };
  // At the end of the machine nobody waits for this thread.
  if (state.uses.in_pool(write))
    write();
}

void keep_saving(desk_state& state) {
  save_lessons(state);
  state.at(state.steady() + save_every, [&state] { keep_saving(state); });
}

void do_chores(desk_state& state) {
  auto now = state.steady();
  while (!state.chores.empty() && state.chores.begin()->first <= now) {
    auto chore = std::move(state.chores.begin()->second);
    state.chores.erase(state.chores.begin());
    chore();
  }
  state.wake_calls();
  for (auto& [tenant, till] : state.tills)
    till->talk();
}

std::optional<timestamp> next_time(const desk_state& state) {
  std::optional<timestamp> first;
  auto consider = [&](std::optional<timestamp> at) {
    if (at && (!first || *at < *first))
      first = at;
  };
  if (!state.chores.empty())
    consider(state.chores.begin()->first);
  if (!state.alarms.empty())
    consider(state.alarms.begin()->first);
  for (auto& [tenant, till] : state.tills)
    consider(till->wake_at());
  return first;
}

/// Has the actor woken when there is something to do. A wake-up that comes too
/// early does no harm.
void set_alarm(self_pointer self) {
  auto& state = self->state;
  auto at = next_time(state);
  if (!at
      || (state.alarm && *state.alarm <= *at && *state.alarm > state.steady()))
    return;
  state.alarm = std::max(*at, state.steady() + duration{1});
  self->delayed_send(desk_actor{self},
                     std::chrono::duration_cast<std::chrono::milliseconds>(
                       *state.alarm - state.steady())
                       + std::chrono::milliseconds{1},
                     atom::wake_v);
}

caf::result<decision> choose(desk_state& state, const std::string& tenant,
                             selection_request what) {
  auto stock = state.uses.models->stock();
  auto& policy = policy_of(tenant, *stock, state.uses.policy);
  for (auto& [provider, why] : stock->unusable)
    what.unusable.emplace(provider, why);
  auto chosen = rank(stock->listed, what, policy, state.knows, state.now(),
                     state.uses.random());
  if (!chosen)
    return std::move(chosen.error());
  // What was asked for by name is asked, and the worker waits as it is told to.
  if (what.pinned)
    chosen->wait.reset();
  spend_on_exploring(state.explored, policy.exploration,
                     chosen->exploration_cost, state.uses.wall_clock());
  return std::move(*chosen);
}

caf::result<bool> give_leave(self_pointer self, const planned_call& what) {
  auto worker = caf::actor_cast<caf::actor>(self->current_sender());
  auto answer = self->make_response_promise<bool>();
  auto& workers = self->state.workers;
  auto known = workers.has(worker.address());
  workers.reserve(what, worker.address(),
                  [answer](const caf::error& why) mutable {
                    if (why)
                      answer.deliver(why);
                    else
                      answer.deliver(true);
                  });
  if (!known && workers.has(worker.address()))
    self->monitor(worker);
  set_alarm(self);
  return answer;
}

void take_report(self_pointer self, const made_call& what) {
  auto worker = self->current_sender();
  auto& workers = self->state.workers;
  workers.end(what);
  if (worker && !workers.has(worker->address()))
    self->demonitor(worker->address());
  set_alarm(self);
}

} // namespace

desk_state::~desk_state() {
  // Calls use all else.
  calls.clear();
  save_lessons(*this);
}

till& desk_state::till_of(const std::string& tenant) {
  auto& found = tills[tenant];
  if (!found) {
    till_services of;
    of.command = command;
    of.inspect = inspect;
    of.journal = journal;
    of.now = uses.steady_clock;
    of.failed = uses.failed;
    found = std::make_unique<till>(tenant, start, std::move(of), uses.money);
  }
  return *found;
}

signals desk_state::now() const {
  signals result;
  result.now = uses.wall_clock();
  result.explored = explored;
  for (auto& [name, until] : pauses)
    if (until > result.now)
      result.providers[name].paused_until = until;
  for (auto& [id, x] : breakers) {
    auto signal = signal_of(x, uses.breakers, result.now);
    if (auto i = in_flight.find(id); i != in_flight.end())
      signal.in_flight = i->second;
    result.models.emplace(id, signal);
  }
  return result;
}

bool desk_state::tells_of_embedder(const std::string& embedder) {
  constexpr size_t most = 100;
  return failed_embedders.size() < most
      && failed_embedders.insert(embedder).second;
}

void desk_state::learn(const model_entry& of, const observation& what) {
  observe(knows, of, what);
  has_news = true;
}

void desk_state::hear_end(const model_entry& of, const permission& with,
                          ec code, std::optional<duration> retry_after) {
  auto now = uses.wall_clock();
  call_ended(breakers[of.id], uses.breakers, with, code, retry_after, now);
  if (retry_after) {
    auto& pause = pauses[of.provider];
    pause = std::max(pause, now + *retry_after);
  }
}

void desk_state::wake_call(uint64_t number, std::optional<timestamp> when) {
  auto i = calls.find(number);
  if (i == calls.end())
    return;
  auto& at = i->second->wake_at_;
  if (at == when)
    return;
  if (at)
    alarms.erase({*at, number});
  at = when;
  if (at)
    alarms.emplace(*at, number);
}

void desk_state::wake_calls() {
  while (!alarms.empty() && alarms.begin()->first <= steady()) {
    auto number = alarms.begin()->second;
    auto call = calls.at(number);
    wake_call(number, std::nullopt);
    call->wake();
  }
}

void desk_state::forget(uint64_t number) {
  wake_call(number, std::nullopt);
  // It may be what calls this.
  at(steady(), [this, number] { calls.erase(number); });
}

desk_actor::behavior_type
serve_desk(desk_actor::stateful_pointer<desk_state> self, desk_services uses,
           std::string start) {
  auto& state = self->state;
  state.uses = std::move(uses);
  state.start = std::move(start);
  state.command = [self](const entity::key& id, costs::ledger_command what,
                         auto then) {
    self
      ->request(self->state.uses.ledgers, ledger_patience, atom::command_v, id,
                std::move(what))
      .then([then](const till_services::outcome& x) { then(x); },
            [then](const caf::error& why) { then(why); });
  };
  state.inspect = [self](const entity::key& id, auto then) {
    self
      ->request(self->state.uses.ledgers, ledger_patience, atom::inspect_v, id)
      .then([then](const costs::ledger_state& x) { then(x); },
            [then](const caf::error& why) { then(why); });
  };
  self->set_down_handler([self](const caf::down_msg& x) {
    self->state.workers.bury(x.source);
    set_alarm(self);
  });
  load_lessons(state);
  keep_saving(state);
  open_journal(state);
  recover_journals(state);
  if (state.journal)
    sync_journal(state);
  state.uses.inbox->remind();
  return {
    [self](atom::ready) {
      for (auto& note : self->state.uses.inbox->take())
        note(self->state);
      do_chores(self->state);
      tidy_journal(self->state);
      set_alarm(self);
    },
    [self](atom::wake) {
      self->state.alarm.reset();
      do_chores(self->state);
      set_alarm(self);
    },
    [self](atom::select, const std::string& tenant, selection_request& what) {
      return choose(self->state, tenant, std::move(what));
    },
    [self](atom::reserve, const planned_call& what) {
      return give_leave(self, what);
    },
    [self](atom::report, const made_call& what) { take_report(self, what); },
  };
}

} // namespace machine::models

#include "actors/orchestrator/retention/sweeper.hpp"

#include "actors/orchestrator/retention/erase.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

using sweeper_pointer = sweeper_actor::stateful_pointer<sweeper_state>;

/// Runs that are looked at together.
constexpr size_t rows_at_once = 100;

/// A machine that was started for one run has better things to do at first.
constexpr duration longest_first_pause{60'000};
constexpr duration longest_first_collection{3'600'000};

using walk_step = std::function<void()>;

/// Runs *job*, which blocks, elsewhere, and goes on with its result.
template <class T>
void elsewhere(sweeper_pointer self, std::function<caf::expected<T>()> job,
               std::function<void(caf::expected<T>)> then) {
  auto& state = self->state;
  auto slot = std::make_shared<caf::expected<T>>(
    make_error(ec::internal, "a part of a sweep failed"));
  auto number = state.expected.expect([slot, then] { then(std::move(*slot)); });
  auto work = [slot, job = std::move(job), number, me = sweeper_actor{self}] {
    try {
      *slot = job();
    } catch (...) {
      // Whoever waits for the number sees that nothing came of it.
    }
    caf::anon_send(me, atom::ready_v, number);
  };
  if (auto err = state.uses.pool->post(std::move(work))) {
    *slot = std::move(err);
    self->send(sweeper_actor{self}, atom::ready_v, number);
  }
}

void complain(sweeper_pointer self, const caf::error& why) {
  // Somebody was faster, or it is not yet time; the next sweep looks again.
  auto code = code_of(why);
  if (code == ec::not_found || code == ec::conflict || code == ec::cancelled)
    return;
  if (auto& tell = self->state.uses.trouble)
    tell(why);
}

void archive(sweeper_pointer self, const std::string& id,
             const walk_step& then) {
  auto& state = self->state;
  self
    ->request(state.uses.runs, patience, atom::command_v,
              entity::key{state.tenant, id},
              run_command{archive_run{"retention"}})
    .then([then](const entity::outcome<run>&) { then(); },
          [=](const caf::error& why) {
            complain(self, why);
            then();
          });
}

void erase(sweeper_pointer self, const std::string& id, const walk_step& then) {
  auto& uses = self->state.uses;
  entity::key key{self->state.tenant, id};
  auto failed = [=](const caf::error& why) {
    complain(self, why);
    then();
  };
  elsewhere<caf::unit_t>(
    self,
    [engine = uses.engine, key]() -> caf::expected<caf::unit_t> {
      if (auto err = prepare_to_erase(*engine, key))
        return err;
      return caf::unit;
    },
    [=, runs = uses.runs](const caf::expected<caf::unit_t>& ready) {
      if (!ready) {
        failed(ready.error());
        return;
      }
      self->request(runs, patience, atom::erase_v, key)
        .then([then](bool) { then(); }, failed);
    });
}

void forget(sweeper_pointer self, const std::string& id,
            const walk_step& then) {
  auto& state = self->state;
  self
    ->request(state.uses.answers, patience, atom::erase_v,
              entity::key{state.tenant, id})
    .then([then](bool) { then(); },
          [=](const caf::error& why) {
            complain(self, why);
            then();
          });
}

/// One of the walks of a sweep.
struct walk {
  const char* kind;
  /// The value of the field `open` of what it looks at; null: of all.
  const char* open;
  due_runs (*choose)(const retention_rules&, const std::vector<ended_run>&,
                     timestamp);
  void (*act)(sweeper_pointer, const std::string&, const walk_step&);
};

constexpr walk archiving{run::kind, "false", due_to_archive, archive};
constexpr walk erasing{run::kind, "archived", due_to_erase, erase};
constexpr walk forgetting{requests::kept_answer::kind, nullptr, due_to_forget,
                          forget};

std::vector<ended_run> read_rows(const store::page& page) {
  std::vector<ended_run> result;
  for (auto& row : page.rows) {
    ended_run one{row.stream.id, row.created_at, std::nullopt, row.updated_at};
    if (auto body = wire::from_msgpack<run_summary>(row.summary.body))
      one.ended_at = body->ended_at;
    result.push_back(std::move(one));
  }
  return result;
}

/// Does to one after the other what is due, and goes on with *then*.
void act_on(sweeper_pointer self, const walk& how,
            const std::shared_ptr<const std::vector<std::string>>& due,
            size_t index, const walk_step& then) {
  if (index == due->size())
    then();
  else
    how.act(self, (*due)[index],
            [=] { act_on(self, how, due, index + 1, then); });
}

void go_through(sweeper_pointer self, const walk& how,
                const std::string& cursor, const walk_step& then) {
  auto& state = self->state;
  store::query what{how.kind,     state.tenant,
                    {},           cursor,
                    rows_at_once, store::query::direction::oldest_first};
  if (how.open != nullptr)
    what.where["open"] = how.open;
  elsewhere<store::page>(
    self, [engine = state.uses.engine, what] { return engine->list(what); },
    [=](const caf::expected<store::page>& page) {
      auto& mine = self->state;
      if (!page) {
        complain(self, page.error());
        then();
        return;
      }
      auto due =
        how.choose(mine.settings.rules, read_rows(*page), mine.uses.now());
      auto more = due.go_on && !page->next_cursor.empty();
      act_on(
        self, how,
        std::make_shared<const std::vector<std::string>>(std::move(due.ids)), 0,
        [=, next = page->next_cursor] {
          if (more)
            go_through(self, how, next, then);
          else
            then();
        });
    });
}

void collect(sweeper_pointer self, const walk_step& then) {
  auto& state = self->state;
  auto every = state.settings.collect_every;
  auto now = state.uses.now();
  if (!every || now < state.collect_at) {
    then();
    return;
  }
  state.collect_at = now + *every;
  elsewhere<store::garbage_report>(
    self,
    [engine = state.uses.engine, grace = state.settings.blob_grace,
     stop = state.stop.get_token()] {
      return engine->collect_garbage(grace, stop);
    },
    [=](const caf::expected<store::garbage_report>& report) {
      if (!report)
        complain(self, report.error());
      then();
    });
}

/// Looks at the runs and the kept answers of one tenant.
void go_through_all(sweeper_pointer self, const walk_step& then) {
  auto& rules = self->state.settings.rules;
  walk_step forget_then = [=] { go_through(self, forgetting, "", then); };
  walk_step erase_then = forget_then;
  if (rules.erase_after)
    erase_then = [=] { go_through(self, erasing, "", forget_then); };
  if (rules.archive_after)
    go_through(self, archiving, "", erase_then);
  else
    erase_then();
}

void sweep_tenants(sweeper_pointer self,
                   const std::shared_ptr<const std::vector<std::string>>& all,
                   size_t index, const walk_step& then) {
  if (index == all->size()) {
    then();
    return;
  }
  self->state.tenant = (*all)[index];
  go_through_all(self, [=] { sweep_tenants(self, all, index + 1, then); });
}

void sweep(sweeper_pointer self) {
  using names = std::vector<std::string>;
  auto rest = [self] {
    auto& settings = self->state.settings;
    self->delayed_send(sweeper_actor{self},
                       sweep_pause(settings.rules, settings.collect_every),
                       atom::wake_v);
  };
  auto collecting = [=] { collect(self, rest); };
  elsewhere<names>(
    self, self->state.uses.tenants, [=](const caf::expected<names>& all) {
      if (!all) {
        complain(self, all.error());
        collecting();
        return;
      }
      sweep_tenants(self, std::make_shared<const names>(*all), 0, collecting);
    });
}

} // namespace

sweeper_actor::behavior_type
sweeper(sweeper_actor::stateful_pointer<sweeper_state> self,
        sweeper_services uses, sweeper_settings settings) {
  auto& state = self->state;
  state.uses = std::move(uses);
  state.settings = settings;
  auto every = state.settings.collect_every.value_or(duration{0});
  state.collect_at =
    state.uses.now() + std::min(every, longest_first_collection);
  auto pause = sweep_pause(state.settings.rules, state.settings.collect_every);
  self->delayed_send(sweeper_actor{self}, std::min(pause, longest_first_pause),
                     atom::wake_v);
  return {
    [self](atom::wake) { sweep(self); },
    [self](atom::ready, uint64_t number) { self->state.expected.meet(number); },
  };
}

} // namespace machine::orchestrator

#include "actors/orchestrator/kin/copier.hpp"

#include "runtime/store/check.hpp"

#include <caf/send.hpp>

#include <optional>

namespace machine::orchestrator {

namespace {

using copier_pointer = copier_actor::stateful_pointer<copier_state>;

/// What is brought at once: it becomes one event.
constexpr size_t max_events = 500;
constexpr size_t max_bytes = 512u << 10;

using page = caf::expected<std::vector<bytes>>;

/// Reads what follows in the log of *from*. Blocks.
page read(store::engine& engine, const store::stream_id& from,
          const copy_history& what) {
  auto most = std::min<uint64_t>(max_events, what.last - what.first + 1);
  auto events = engine.read(from, what.first, most, max_bytes);
  if (!events)
    return std::move(events.error());
  std::vector<bytes> result;
  size_t size = 0;
  for (auto& x : *events) {
    size += x.payload.size();
    if (!result.empty() && size > max_bytes)
      break;
    result.push_back(std::move(x.payload));
  }
  if (result.empty())
    return make_error(ec::not_found, "run " + what.run + " has no event "
                                       + std::to_string(what.first));
  return result;
}

void give(copier_pointer self, const entity::key& run, run_command what) {
  auto& state = self->state;
  auto refused = [=, &state](const caf::error& why) {
    auto code = code_of(why);
    if (code == ec::not_found || code == ec::fenced)
      return;
    ask<orchestrator::run>(
      self, state.expected, state.runs, run,
      fail_import{to_string(code), message_of(why)}, [] {},
      [](const caf::error&) {});
  };
  ask<orchestrator::run>(
    self, state.expected, state.runs, run, what, [] {}, refused);
}

void copy(copier_pointer self, const entity::key& run,
          const copy_history& what) {
  auto& state = self->state;
  auto slot = std::make_shared<std::optional<page>>();
  auto number = state.expected.expect([=, &state] {
    auto problem = *slot ? (**slot ? caf::error{} : (*slot)->error())
                         : make_error(ec::internal, "reading it failed");
    if (!problem)
      give(self, run, import_history{what.first, std::move(***slot)});
    else if (may_pass(code_of(problem)))
      call_after(self, state.expected, pause_before_asking_again,
                 [=] { copy(self, run, what); });
    else
      give(self, run,
           fail_import{to_string(code_of(problem)), message_of(problem)});
  });
  store::stream_id from{orchestrator::run::kind, run.tenant, what.run};
  auto job = [=, engine = state.engine, me = copier_actor{self}] {
    try {
      slot->emplace(read(*engine, from, what));
    } catch (...) {
      // Whoever waits for the number sees that nothing came of it.
    }
    caf::anon_send(me, atom::ready_v, number);
  };
  if (auto err = state.pool->post(std::move(job))) {
    slot->emplace(std::move(err));
    self->send(copier_actor{self}, atom::ready_v, number);
  }
}

} // namespace

copier_actor::behavior_type
copier(copier_actor::stateful_pointer<copier_state> self,
       entity::region_actor<run> runs, std::shared_ptr<store::engine> engine,
       std::shared_ptr<blocking_pool> pool) {
  auto& state = self->state;
  state.runs = std::move(runs);
  state.engine = std::move(engine);
  state.pool = std::move(pool);
  return {
    [self](atom::command, const entity::key& run, const copy_history& what) {
      copy(self, run, what);
    },
    [self](atom::ready, uint64_t number) { self->state.expected.meet(number); },
  };
}

} // namespace machine::orchestrator

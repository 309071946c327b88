#include "actors/orchestrator/kin/kin.hpp"

namespace machine::orchestrator {

namespace {

using self_pointer = kin_actor::stateful_pointer<kin_state>;

using refusal = std::function<void(const caf::error&)>;

void drop(const caf::error&) {
  // Whom it was for has gone on, or is no more.
}

void tell(self_pointer self, const entity::key& whom, run_command what,
          std::function<void()> then, refusal refused) {
  auto& state = self->state;
  ask<run>(self, state.expected, state.runs, whom, what, std::move(then),
           std::move(refused));
}

/// A child that cannot come into being has failed before it began.
void tell_stillborn(self_pointer self, const entity::key& parent,
                    const start_child& child, const caf::error& why) {
  child_is_over end;
  end.activation = child.what.parent->activation;
  end.token = child.what.parent->token;
  end.run = child.run;
  end.result = run_result::failed;
  end.code = to_string(code_of(why));
  end.message = "it could not begin: " + message_of(why);
  tell(
    self, parent, std::move(end), [] {}, drop);
}

void cancel(self_pointer self, const entity::key& child, const std::string& by,
            const std::string& reason) {
  tell(
    self, child, cancel_run{by, reason, cancel_mode::undo}, [] {}, drop);
}

/// Nobody is asked to end who has not begun.
void on_begun(self_pointer self, const entity::key& child,
              const std::string& parent) {
  auto begun = self->state.beginning.extract(child);
  if (!begun.empty() && begun.mapped())
    cancel(self, child, parent, *begun.mapped());
}

void begin(self_pointer self, const entity::key& parent,
           const start_child& what) {
  entity::key child{parent.tenant, what.run};
  self->state.beginning.emplace(child, std::nullopt);
  tell(
    self, child, create_run{what.what},
    [=] { on_begun(self, child, parent.id); },
    [=](const caf::error& why) {
      on_begun(self, child, parent.id);
      // It may have been begun before its parent was loaded again.
      if (code_of(why) != ec::conflict)
        tell_stillborn(self, parent, what, why);
    });
}

} // namespace

kin_actor::behavior_type kin(kin_actor::stateful_pointer<kin_state> self,
                             entity::region_actor<run> runs) {
  self->state.runs = std::move(runs);
  return {
    [self](atom::command, const entity::key& run, const start_child& what) {
      begin(self, run, what);
    },
    [self](atom::command, const entity::key& run, const cancel_child& what) {
      entity::key child{run.tenant, what.run};
      auto& beginning = self->state.beginning;
      if (auto i = beginning.find(child); i != beginning.end())
        i->second = what.reason;
      else
        cancel(self, child, run.id, what.reason);
    },
    [self](atom::command, const entity::key& run, const tell_parent& what) {
      auto known = [=] {
        tell(
          self, run, parent_is_told{}, [] {}, drop);
      };
      tell(self, {run.tenant, what.run}, what.what, known,
           [known](const caf::error& why) {
             // It has gone on without it, or is no more.
             auto code = code_of(why);
             if (code == ec::fenced || code == ec::not_found)
               known();
           });
    },
    [self](atom::ready, uint64_t number) { self->state.expected.meet(number); },
  };
}

} // namespace machine::orchestrator

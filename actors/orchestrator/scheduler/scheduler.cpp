#include "actors/orchestrator/scheduler/scheduler.hpp"

namespace machine::orchestrator {

namespace {

using scheduler_pointer = scheduler_actor::stateful_pointer<scheduler_state>;

using scheduler_refusal = std::function<void(const caf::error&)>;

void nothing_more(const caf::error&) {
  // Whom it was for has gone on, or is no more.
}

void tell_run_of(scheduler_pointer self, const entity::key& whom,
                 run_command what, std::function<void()> then,
                 scheduler_refusal refused) {
  auto& state = self->state;
  ask<run>(self, state.expected, state.runs, whom, what, std::move(then),
           std::move(refused));
}

void tell_schedule_of(scheduler_pointer self, const entity::key& whom,
                      schedule_command what, std::function<void()> then,
                      scheduler_refusal refused) {
  auto& state = self->state;
  ask<run_schedule>(self, state.expected, state.schedules, whom, what,
                    std::move(then), std::move(refused));
}

void stop(scheduler_pointer self, const entity::key& run,
          const std::string& schedule, const std::string& reason) {
  tell_run_of(
    self, run, cancel_run{schedule, reason, cancel_mode::undo}, [] {},
    nothing_more);
}

/// Nobody is asked to end who has not begun.
void on_firing_begun(scheduler_pointer self, const entity::key& run,
                     const std::string& schedule) {
  auto begun = self->state.beginning.extract(run);
  if (!begun.empty() && begun.mapped())
    stop(self, run, schedule, *begun.mapped());
}

void start(scheduler_pointer self, const entity::key& schedule,
           const start_firing& what) {
  entity::key run{schedule.tenant, what.run};
  self->state.beginning.emplace(run, std::nullopt);
  tell_run_of(
    self, run, create_run{what.what},
    [=] { on_firing_begun(self, run, schedule.id); },
    [=](const caf::error& why) {
      on_firing_begun(self, run, schedule.id);
      // It may have been begun before the schedule was loaded again.
      if (code_of(why) == ec::conflict)
        return;
      firing_is_over end{run.id, run_result::failed,
                         "it could not begin: " + message_of(why)};
      tell_schedule_of(
        self, schedule, std::move(end), [] {}, nothing_more);
    });
}

void tell_end(scheduler_pointer self, const entity::key& run,
              const tell_schedule& what) {
  auto known = [=] {
    tell_run_of(
      self, run, schedule_is_told{}, [] {}, nothing_more);
  };
  firing_is_over end{run.id, what.result, what.message};
  tell_schedule_of(self, {run.tenant, what.schedule}, std::move(end), known,
                   [known](const caf::error& why) {
                     // It is no more.
                     if (code_of(why) == ec::not_found)
                       known();
                   });
}

} // namespace

scheduler_actor::behavior_type
scheduler(scheduler_actor::stateful_pointer<scheduler_state> self,
          entity::region_actor<run> runs,
          entity::region_actor<run_schedule> schedules) {
  self->state.runs = std::move(runs);
  self->state.schedules = std::move(schedules);
  return {
    [self](atom::command, const entity::key& schedule,
           const start_firing& what) { start(self, schedule, what); },
    [self](atom::command, const entity::key& schedule,
           const stop_firing& what) {
      entity::key run{schedule.tenant, what.run};
      auto& beginning = self->state.beginning;
      if (auto i = beginning.find(run); i != beginning.end())
        i->second = what.reason;
      else
        stop(self, run, schedule.id, what.reason);
    },
    [self](atom::command, const entity::key& run, const tell_schedule& what) {
      tell_end(self, run, what);
    },
    [self](atom::ready, uint64_t number) { self->state.expected.meet(number); },
  };
}

} // namespace machine::orchestrator

#include "actors/orchestrator/books/bookkeeper.hpp"

#include "actors/orchestrator/books/booking.hpp"
#include "actors/orchestrator/run/find.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

using self_pointer = bookkeeper_actor::stateful_pointer<bookkeeper_state>;

using refusal = std::function<void(const caf::error&)>;

void drop(const caf::error&) {
  // The run has gone on without us, or its end made the matter void.
}

void tell_run(self_pointer self, const entity::key& run, run_command what,
              refusal refused = drop) {
  auto& state = self->state;
  ask<orchestrator::run>(
    self, state.expected, state.runs, run, what, [] {}, std::move(refused));
}

void ask_project(self_pointer self, const entity::key& run,
                 const std::string& project, tracker::project_command what,
                 std::function<void()> then, refusal refused) {
  auto& state = self->state;
  ask<tracker::project>(self, state.expected, state.projects,
                        {run.tenant, project}, what, std::move(then),
                        std::move(refused));
}

void ask_ledger(self_pointer self, const entity::key& run,
                costs::ledger_command what, std::function<void()> then,
                refusal refused) {
  auto& state = self->state;
  ask<costs::ledger>(self, state.expected, state.ledgers,
                     {run.tenant, costs::ledger_id}, what, std::move(then),
                     std::move(refused));
}

/// Whether the answer to a request is that there is no place yet.
bool must_wait(const std::vector<tracker::project_event>& answer) {
  return std::any_of(answer.begin(), answer.end(), [](auto& x) {
    return std::holds_alternative<tracker::run_enqueued>(x);
  });
}

void refuse(self_pointer self, const entity::key& run, const caf::error& why) {
  tell_run(self, run, refuse_budget{message_of(why), to_string(code_of(why))});
}

/// A run that cannot begin, or has ended before anything was set aside for it,
/// gives that back.
void give_back(self_pointer self, const entity::key& run,
               const std::string& project) {
  ask_project(
    self, run, project, tracker::close_lease{run.id, 0}, [] {}, drop);
  ask_ledger(
    self, run, costs::close_run{run.id}, [] {}, drop);
}

void grant(self_pointer self, const entity::key& run,
           const std::string& project, micro_usd amount) {
  // A run that cannot begin, because what comes first is too large to be
  // recorded, ends here.
  tell_run(self, run, grant_budget{amount}, [=](const caf::error& why) {
    if (code_of(why) == ec::cancelled)
      give_back(self, run, project);
    else
      refuse(self, run, why);
  });
}

/// The project has a place and the money.
void open_account(self_pointer self, const entity::key& run,
                  const std::string& project, micro_usd amount,
                  const costs::call_account& whose) {
  ask_ledger(
    self, run, costs::open_run{run.id, amount, whose},
    [=] { grant(self, run, project, amount); },
    [=](const caf::error& why) {
      give_back(self, run, project);
      refuse(self, run, why);
    });
}

/// The same for a run that waited, of which only itself knows who pays.
void admit(self_pointer self, const entity::key& project,
           const tracker::admit_run& what) {
  entity::key run{project.tenant, what.run};
  self->request(self->state.runs, patience, atom::inspect_v, run)
    .then(
      [=](const run_state& now) {
        open_account(self, run, project.id, what.amount,
                     account_of(now.created, run.id));
      },
      [=](const caf::error& why) {
        // It asks again itself when it is loaded.
        if (may_pass(code_of(why)))
          call_after(self, self->state.expected, pause_before_asking_again,
                     [=] { admit(self, project, what); });
      });
}

void close(self_pointer self, const entity::key& run, const close_books& what) {
  auto done = [=] { tell_run(self, run, books_are_closed{}); };
  auto close_account = [=] {
    ask_ledger(self, run, costs::close_run{run.id}, done, drop);
  };
  ask_project(self, run, what.project, tracker::close_lease{run.id, what.spent},
              close_account, [=](const caf::error& why) {
                // A project that never was has nothing to give back. With any
                // other trouble the run asks again once it is loaded.
                if (code_of(why) == ec::not_found)
                  close_account();
              });
}

void request(self_pointer self, const entity::key& run,
             const request_budget& what) {
  auto& state = self->state;
  ask_outcome<tracker::project>(
    self, state.expected, state.projects, {run.tenant, what.project},
    tracker::lease_budget{run.id, what.amount, what.priority, what.task},
    [=](const entity::outcome<tracker::project>& x) {
      if (must_wait(x.events))
        tell_run(self, run, queue_run{});
      else
        open_account(self, run, what.project, what.amount, what.whose);
    },
    [=](const caf::error& why) { refuse(self, run, why); });
}

} // namespace

bookkeeper_actor::behavior_type
bookkeeper(bookkeeper_actor::stateful_pointer<bookkeeper_state> self,
           entity::region_actor<run> runs,
           entity::region_actor<tracker::project> projects,
           entity::region_actor<costs::ledger> ledgers) {
  self->state.runs = std::move(runs);
  self->state.projects = std::move(projects);
  self->state.ledgers = std::move(ledgers);
  return {
    [self](atom::command, const entity::key& run, const request_budget& what) {
      request(self, run, what);
    },
    [self](atom::command, const entity::key& project,
           const tracker::admit_run& what) { admit(self, project, what); },
    [self](atom::command, const entity::key& project,
           const tracker::refuse_run& what) {
      refuse(self, {project.tenant, what.run},
             make_error(ec_from_string(what.code), what.message));
    },
    [self](atom::command, const entity::key& run, const post_charges& what) {
      auto book = booking_of(run.id, what);
      auto last = what.charges.empty() ? 0 : what.charges.back().number;
      auto done = [=] { tell_run(self, run, charges_are_posted{last}); };
      auto book_too = [=, lines = lines_of(run.id, what)] {
        ask_ledger(self, run, lines, done, drop);
      };
      // What is out of order comes again with what is before it.
      ask_project(self, run, what.project, std::move(book), book_too, drop);
    },
    [self](atom::command, const entity::key& run, const close_books& what) {
      close(self, run, what);
    },
    [self](atom::ready, uint64_t number) { self->state.expected.meet(number); },
  };
}

} // namespace machine::orchestrator

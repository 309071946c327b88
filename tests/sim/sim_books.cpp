#include "actors/orchestrator/books/booking.hpp"
#include "tests/sim/sim_machine.hpp"

namespace machine::sim {

using namespace orchestrator;

void sim_books::tell_run(const std::string& run, run::command what,
                         std::function<void(const caf::error&)> refused) {
  in_.ask<sim::run>(
    life(), run, std::move(what), [] {}, std::move(refused));
}

void sim_books::refuse(const std::string& run, const std::string& code,
                       const std::string& message) {
  tell_run(run, refuse_budget{message, code});
}

void sim_books::grant(const std::string& run, const std::string& project_id,
                      micro_usd amount) {
  tell_run(run, grant_budget{amount}, [=, this](const caf::error& why) {
    if (code_of(why) == ec::cancelled)
      in_.ask<project>(
        life(), project_id, tracker::close_lease{id_of(run), 0}, [] {},
        [](auto&) {});
    else
      refuse(run, to_string(code_of(why)), message_of(why));
  });
}

void sim_books::perform(const std::string& run, const request_budget& x) {
  in_.ask_outcome<project>(
    life(), beside(run, x.project),
    tracker::lease_budget{id_of(run), x.amount, x.priority, x.task},
    [this, run, x](auto& events) {
      for (auto& event : events)
        if (std::holds_alternative<tracker::run_enqueued>(event))
          return tell_run(run, queue_run{});
      grant(run, beside(run, x.project), x.amount);
    },
    [this, run](const caf::error& why) {
      refuse(run, to_string(code_of(why)), message_of(why));
    });
}

void sim_books::perform(const std::string& project_id,
                        const tracker::admit_run& x) {
  grant(beside(project_id, x.run), project_id, x.amount);
}

void sim_books::perform(const std::string& project_id,
                        const tracker::refuse_run& x) {
  refuse(beside(project_id, x.run), x.code, x.message);
}

void sim_books::perform(const std::string& run, const post_charges& x) {
  auto last = x.charges.empty() ? 0 : x.charges.back().number;
  in_.ask<project>(
    life(), beside(run, x.project), booking_of(id_of(run), x),
    [this, run, last] { tell_run(run, charges_are_posted{last}); },
    [](auto&) {});
}

void sim_books::perform(const std::string& run, const close_books& x) {
  auto done = [this, run] { tell_run(run, books_are_closed{}); };
  in_.ask<project>(life(), beside(run, x.project),
                   tracker::close_lease{id_of(run), x.spent}, done,
                   [done](const caf::error& why) {
                     if (code_of(why) == ec::not_found)
                       done();
                   });
}

} // namespace machine::sim

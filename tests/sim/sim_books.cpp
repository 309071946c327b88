#include "actors/orchestrator/books/booking.hpp"
#include "actors/orchestrator/run/find.hpp"
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

void sim_books::give_back(const std::string& run,
                          const std::string& project_id) {
  in_.ask<project>(
    life(), project_id, tracker::close_lease{id_of(run), 0}, [] {},
    [](auto&) {});
  in_.ask<ledger>(
    life(), beside(run, costs::ledger_id), costs::close_run{id_of(run)}, [] {},
    [](auto&) {});
}

void sim_books::open(const std::string& run, const std::string& project_id,
                     micro_usd amount, const costs::call_account& whose) {
  in_.ask<ledger>(
    life(), beside(run, costs::ledger_id),
    costs::open_run{id_of(run), amount, whose},
    [=, this] { grant(run, project_id, amount); },
    [=, this](const caf::error& why) {
      give_back(run, project_id);
      refuse(run, to_string(code_of(why)), message_of(why));
    });
}

void sim_books::grant(const std::string& run, const std::string& project_id,
                      micro_usd amount) {
  tell_run(run, grant_budget{amount}, [=, this](const caf::error& why) {
    if (code_of(why) == ec::cancelled)
      give_back(run, project_id);
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
      open(run, beside(run, x.project), x.amount, x.whose);
    },
    [this, run](const caf::error& why) {
      refuse(run, to_string(code_of(why)), message_of(why));
    });
}

void sim_books::perform(const std::string& project_id,
                        const tracker::admit_run& x) {
  auto run = beside(project_id, x.run);
  auto i = in_.in().watching.runs().find(run);
  if (i != in_.in().watching.runs().end())
    open(run, project_id, x.amount, account_of(i->second.created, x.run));
}

void sim_books::perform(const std::string& project_id,
                        const tracker::refuse_run& x) {
  refuse(beside(project_id, x.run), x.code, x.message);
}

void sim_books::perform(const std::string& run, const post_charges& x) {
  auto last = x.charges.empty() ? 0 : x.charges.back().number;
  auto done = [this, run, last] { tell_run(run, charges_are_posted{last}); };
  in_.ask<project>(
    life(), beside(run, x.project), booking_of(id_of(run), x),
    [=, this] {
      in_.ask<ledger>(life(), beside(run, costs::ledger_id),
                      lines_of(id_of(run), x), done, [](auto&) {});
    },
    [](auto&) {});
}

void sim_books::perform(const std::string& run, const close_books& x) {
  auto close = [this, run] {
    in_.ask<ledger>(
      life(), beside(run, costs::ledger_id), costs::close_run{id_of(run)},
      [this, run] { tell_run(run, books_are_closed{}); }, [](auto&) {});
  };
  in_.ask<project>(life(), beside(run, x.project),
                   tracker::close_lease{id_of(run), x.spent}, close,
                   [close](const caf::error& why) {
                     if (code_of(why) == ec::not_found)
                       close();
                   });
}

} // namespace machine::sim

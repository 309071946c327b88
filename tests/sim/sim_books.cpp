#include "tests/sim/sim_machine.hpp"

namespace machine::sim {

using namespace orchestrator;

void sim_books::tell_run(const std::string& run, run::command what,
                         std::function<void(const caf::error&)> refused) {
  in_.ask<sim::run>(
    life(), run, std::move(what), [] {}, std::move(refused));
}

void sim_books::perform(const std::string& run, const request_budget& x) {
  auto no = [this, run](const caf::error& why) {
    tell_run(run, refuse_budget{message_of(why), to_string(code_of(why))});
  };
  auto on_granted = [this, run, no, x](const caf::error& why) {
    if (code_of(why) == ec::cancelled)
      in_.ask<project>(
        life(), x.project, tracker::close_lease{run, 0}, [] {}, [](auto&) {});
    else
      no(why);
  };
  in_.ask<project>(
    life(), x.project, tracker::lease_budget{run, x.amount, x.from},
    [this, run, x, on_granted] {
      tell_run(run, grant_budget{x.amount}, on_granted);
    },
    no);
}

void sim_books::perform(const std::string& run, const post_charges& x) {
  tracker::book_charges book{run, {}};
  for (auto& y : x.charges)
    book.charges.push_back(
      {run, y.number, y.at, y.effect, y.model, y.usage, y.cost});
  auto last = x.charges.empty() ? 0 : x.charges.back().number;
  in_.ask<project>(
    life(), x.project, std::move(book),
    [this, run, last] { tell_run(run, charges_are_posted{last}); },
    [](auto&) {});
}

void sim_books::perform(const std::string& run, const close_books& x) {
  auto done = [this, run] { tell_run(run, books_are_closed{}); };
  in_.ask<project>(life(), x.project, tracker::close_lease{run, x.spent}, done,
                   [done](const caf::error& why) {
                     if (code_of(why) == ec::not_found)
                       done();
                   });
}

} // namespace machine::sim

#include "tests/sim/sim_machine.hpp"

namespace machine::sim {

using namespace orchestrator;

/// Pages are small, so that there are many.
constexpr uint64_t most_at_once = 30;

void sim_copier::give(const std::string& run, run::command what) {
  in_.ask<sim::run>(
    life(), run, std::move(what), [] {},
    [this, run](const caf::error& why) {
      auto code = code_of(why);
      if (code != ec::not_found && code != ec::fenced)
        in_.ask<sim::run>(
          life(), run, fail_import{to_string(code), message_of(why)}, [] {},
          [](auto&) {});
    });
}

void sim_copier::perform(const std::string& run, const copy_history& x) {
  auto& all = in_.in();
  all.time.after(
    length{all.luck.time.between(100, 5'000)}, life(), [this, run, x, &all] {
      if (all.luck.faults.happens("a log cannot be read", 50)) {
        all.time.after(pause_before_asking_again, life(),
                       [this, run, x] { perform(run, x); });
        return;
      }
      auto& log = all.store.at("run/" + beside(run, x.run)).payloads;
      if (log.size() < x.first) {
        give(run, fail_import{"not_found", "run " + x.run + " has no event "
                                             + std::to_string(x.first)});
        return;
      }
      auto last = std::min<uint64_t>(
        {x.last, log.size(),
         x.first - 1 + all.luck.time.between<uint64_t>(1, most_at_once)});
      auto begin = log.begin();
      give(run, import_history{x.first,
                               {begin + static_cast<ptrdiff_t>(x.first - 1),
                                begin + static_cast<ptrdiff_t>(last)}});
    });
}

} // namespace machine::sim

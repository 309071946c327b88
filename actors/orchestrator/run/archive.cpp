#include "actors/orchestrator/run/archive.hpp"

#include "actors/orchestrator/run/run.hpp"

namespace machine::orchestrator {

caf::error check_over(const run_state& now, const std::string& id,
                      const std::string& done) {
  if (now.phase == run_phase::absent)
    return make_error(ec::not_found, "there is no run " + id);
  if (now.phase != run_phase::ended)
    return make_error(ec::conflict, "run " + id + " has not ended, so it "
                                      + "cannot be " + done
                                      + "; cancel it, or wait for its end");
  if (!run::idle(now))
    return make_error(ec::unavailable,
                      "run " + id + " cannot be " + done
                        + " before all know of its end: its project, and "
                          "what has begun it; try again in a moment");
  return caf::none;
}

std::optional<std::string> origin_in_use(const run_state& now) {
  auto reads = now.phase == run_phase::waiting_budget
            || now.phase == run_phase::queued
            || now.phase == run_phase::copying;
  if (!reads || !now.created.origin)
    return std::nullopt;
  return now.created.origin->run;
}

} // namespace machine::orchestrator

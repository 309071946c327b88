#include "actors/orchestrator/run/artefact.hpp"

namespace machine::orchestrator {

std::string_view artefact_of(const run_event& what) {
  if (auto* x = std::get_if<effect_done>(&what))
    return x->result;
  if (auto* x = std::get_if<work_published>(&what))
    return x->diff;
  return {};
}

} // namespace machine::orchestrator

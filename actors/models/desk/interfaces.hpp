#pragma once

#include "actors/messages.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace machine::models {

/// Has calls of models made; see `desk`. Workers make those of runs themselves,
/// so that each is an effect of its run: they ask here which model to call, and
/// for leave.
using desk_actor = caf::typed_actor<
  // There are notes in the inbox.
  caf::reacts_to<atom::ready>,
  // It is time for something.
  caf::reacts_to<atom::wake>,
  // Chooses a model for a call of this tenant, by its policy; see
  // `decision::wait`.
  caf::replies_to<atom::select, std::string, selection_request>::with<decision>,
  // Sets money aside for a call in the budgets of its agent and its model,
  // which its run does not hold, and responds with true once it may begin. If
  // the sender ends before it reports, the call counts as lost.
  caf::replies_to<atom::reserve, planned_call>::with<bool>,
  // The sender's call has ended, or it does not want it any more.
  caf::reacts_to<atom::report, made_call>>;

} // namespace machine::models

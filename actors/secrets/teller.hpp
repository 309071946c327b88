#pragma once

#include "actors/messages.hpp"
#include "actors/secrets/vault.hpp"
#include "runtime/entity/interfaces.hpp"

#include <caf/actor_system.hpp>

namespace machine::secrets {

/// Has the entities behind *to* decide. Not for threads of the actors: it
/// waits, and must not be used when *in* has ended.
secret_teller make_teller(caf::actor_system& in,
                          entity::region_actor<vault_secret> to);

} // namespace machine::secrets

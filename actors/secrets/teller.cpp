#include "actors/secrets/teller.hpp"

#include <caf/scoped_actor.hpp>

namespace machine::secrets {

secret_teller make_teller(caf::actor_system& in,
                          entity::region_actor<vault_secret> to) {
  return [&in, to = std::move(to)](const entity::key& id,
                                   const secret_command& what) {
    constexpr std::chrono::seconds patience{30};
    caf::error result;
    caf::scoped_actor self{in};
    self->request(to, patience, atom::command_v, id, what)
      .receive([](const entity::outcome<vault_secret>&) {},
               [&](caf::error& why) { result = std::move(why); });
    return result;
  };
}

} // namespace machine::secrets

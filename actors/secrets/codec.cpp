#include "actors/secrets/vault_secret.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::secrets::secret_command>;
template struct machine::wire::message_codec<machine::secrets::secret_command>;
template struct machine::wire::codec<machine::secrets::secret_event>;
template struct machine::wire::message_codec<machine::secrets::secret_event>;
template struct machine::wire::codec<machine::secrets::secret_state>;
template struct machine::wire::message_codec<machine::secrets::secret_state>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::secrets::vault_secret>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::secrets::vault_secret>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::secrets::secret_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::secrets::secret_event>>;

#pragma once

#include "actors/costs/herald/secret_files.hpp"
#include "actors/models/provider_keys.hpp"
#include "actors/secrets/vault.hpp"
#include "runtime/config/config.hpp"
#include "runtime/telemetry/log.hpp"

#include <memory>
#include <string>

namespace machine {

class node;

} // namespace machine

namespace machine::deploy {

/// Opens the vault of the store *engine* with the master key that *settings*
/// name, or that of the directory *data*, which is made if there is no secret
/// yet. Refuses, and changes nothing, with `denied` if others may read the key,
/// and with `not_found` if secrets are under another one. Blocks.
caf::expected<std::shared_ptr<secrets::vault>>
open_vault(const config::config& settings, const std::string& data,
           std::shared_ptr<store::engine> engine);

/// Finishes a change of the master key that was cut off, and removes what
/// nobody can open, if *settings* say so. What does not succeed is logged, and
/// tried again at the next start. Blocks.
void settle_vault(const config::config& settings, secrets::vault& what,
                  node& in, const logger& log);

/// Finds secrets of the machine, which are those of the tenant that it has from
/// the start. One that cannot be opened is logged.
models::key_lookup secrets_of_machine(std::shared_ptr<secrets::vault> in,
                                      logger log);

/// Finds secrets of any tenant.
costs::secret_finder secrets_of_tenants(std::shared_ptr<secrets::vault> in,
                                        logger log);

} // namespace machine::deploy

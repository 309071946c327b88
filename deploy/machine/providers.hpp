#pragma once

#include "actors/models/catalogue_source.hpp"
#include "actors/models/provider_keys.hpp"
#include "runtime/config/config.hpp"
#include "runtime/net/client.hpp"

#include <memory>

namespace machine::deploy {

/// What is known beside the settings and their files.
struct model_surroundings {
  /// Finds a secret of the machine.
  models::key_lookup secret;
  /// What servers on this computer have; see `models::discover_local`.
  models::catalogue found;
};

/// What can be asked, as the settings and their files say, and what was found
/// beside that. Providers that are as they were in *before*, with the same
/// keys, are the same objects. Fails with what is wrong with the catalogue, the
/// script or an address.
caf::expected<models::model_stock>
stock_models(const config::config& settings,
             const std::shared_ptr<net::client>& http,
             const model_surroundings& around = {},
             const models::model_stock& before = {});

} // namespace machine::deploy

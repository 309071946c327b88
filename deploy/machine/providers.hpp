#pragma once

#include "actors/models/catalogue_source.hpp"
#include "runtime/config/config.hpp"
#include "runtime/net/client.hpp"

#include <memory>

namespace machine::deploy {

/// What can be asked, as the settings and their files say. Providers that are
/// as they were in *before* are the same objects. Fails with what is wrong with
/// the catalogue, the script or an address.
caf::expected<models::model_stock>
stock_models(const config::config& settings,
             const std::shared_ptr<net::client>& http,
             const models::model_stock& before = {});

} // namespace machine::deploy

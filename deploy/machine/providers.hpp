#pragma once

#include "actors/node/node.hpp"
#include "runtime/config/config.hpp"
#include "runtime/net/client.hpp"

#include <memory>

namespace machine::deploy {

/// Fills in the catalogue and its providers as the settings say.
caf::error add_models(node_options& to, const config::config& settings,
                      std::shared_ptr<net::client> http);

} // namespace machine::deploy

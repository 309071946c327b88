#pragma once

#include "gateway/http/server.hpp"
#include "gateway/identity/rate_rules.hpp"
#include "gateway/identity/repository_roots.hpp"
#include "runtime/config/config.hpp"

#include <string>

namespace machine::deploy {

/// How the gateway listens, as *settings* say. Makes a certificate in the
/// directory *data* if one is wanted and none is named. Refuses with `denied`
/// to listen without TLS on an address of the network.
caf::expected<gateway::server_options>
server_options_of(const config::config& settings, const std::string& data);

/// How often clients may ask, and what they may hold on to, as *settings* say.
gateway::rate_rules rate_rules_of(const config::config& settings);

/// What runs of people with keys may work with, as *settings* say.
gateway::repository_roots repositories_of(const config::config& settings);

} // namespace machine::deploy

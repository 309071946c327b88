#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/provider.hpp"
#include "runtime/net/client.hpp"

#include <memory>

namespace machine::models {

/// A provider that is reached over HTTP.
/// @param key Stays inside: no message, log or event ever holds it.
std::shared_ptr<provider> make_http_provider(provider_entry about,
                                             std::string key,
                                             std::shared_ptr<net::client> http,
                                             net::address_policy addresses);

} // namespace machine::models

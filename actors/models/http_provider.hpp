#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/provider.hpp"
#include "actors/models/provider_keys.hpp"
#include "runtime/net/client.hpp"

#include <memory>
#include <vector>

namespace machine::models {

/// A provider that is reached over HTTP. Its keys take turns by their weights;
/// a call that a key is refused for goes out again with another one, since the
/// provider did not take it. Where all keys have to wait for a model, a call
/// for it ends in `provider_rate_limited` without being sent.
/// @param keys Stay inside: no message, log or event ever holds one. None: it
///   asks for none.
/// @param http Outlives all calls.
std::shared_ptr<provider> make_http_provider(provider_entry about,
                                             std::vector<provider_key> keys,
                                             std::shared_ptr<net::client> http,
                                             net::address_policy addresses);

/// The same with one key; empty: none is needed.
std::shared_ptr<provider> make_http_provider(provider_entry about,
                                             std::string key,
                                             std::shared_ptr<net::client> http,
                                             net::address_policy addresses);

} // namespace machine::models

#pragma once

#include "gateway/api/ask.hpp"
#include "gateway/api/channel.hpp"

namespace machine::gateway {

/// Publishes in *to* what is committed to its log from now on, until nobody
/// keeps it or the feed of events fails.
void feed_channel(const context_ptr& context,
                  const std::shared_ptr<channel>& to);

} // namespace machine::gateway

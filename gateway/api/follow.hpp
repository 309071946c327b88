#pragma once

#include "gateway/api/ask.hpp"

namespace machine::gateway {

/// Sends the events of *log* after number *after* to *to*, first those that are
/// stored and then those that happen, without a gap, and the live pieces
/// between them. What is stored is sent as fast as the client reads. Ends with
/// the log's last event, or when the feed of events fails: the client comes
/// back then. What is read in the store is read in the turns of *whom*.
void follow_log(const context_ptr& context, const std::string& whom,
                log_view log, uint64_t after,
                const std::shared_ptr<event_stream>& to);

} // namespace machine::gateway

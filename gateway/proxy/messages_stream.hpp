#pragma once

#include "gateway/proxy/front.hpp"
#include "gateway/proxy/json_out.hpp"

namespace machine::gateway::proxy {

/// The events of a message.
std::unique_ptr<stream_writer> write_message_stream(const answer_facts& facts);

/// The members of a message that come before and after its content, as JSON
/// without braces. While it streams, *answer* is null.
void write_message_head(json_out& out, const answer_facts& facts);
void write_message_tail(json_out& out, const answer_facts& facts,
                        const models::chat_response* answer);

/// `stop_reason` and what belongs to it, without braces.
void write_message_stop(json_out& out, const models::chat_response& answer);

} // namespace machine::gateway::proxy

#pragma once

#include "gateway/proxy/front.hpp"

namespace machine::gateway::proxy {

/// The chunks of a chat completion, and `[DONE]`.
std::unique_ptr<stream_writer> write_chat_stream(const answer_facts& facts,
                                                 const answer_manner& manner);

} // namespace machine::gateway::proxy

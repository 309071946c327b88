#pragma once

#include "gateway/proxy/front.hpp"

namespace machine::gateway::proxy {

/// The events of a response, numbered from 0.
std::unique_ptr<stream_writer>
write_response_stream(const answer_facts& facts, const answer_manner& manner);

} // namespace machine::gateway::proxy

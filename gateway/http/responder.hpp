#pragma once

#include "gateway/http/connection.hpp"

/// Included by the parts of the server alone.
namespace machine::gateway {

/// Answers a request on *on* from any thread.
responder_ptr make_responder(std::shared_ptr<connection> on);

} // namespace machine::gateway

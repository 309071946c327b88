#include "gateway/mcp/error.hpp"

namespace machine::gateway::mcp {

rpc_error error_of(const caf::error& why) {
  switch (code_of(why)) {
    case ec::invalid_argument:
    case ec::not_found:
    case ec::limit_exceeded:
      return {code::invalid_params, message_of(why), std::nullopt};
    case ec::internal:
      return {code::internal_error, message_of(why), std::nullopt};
    default: return {code::server_error, message_of(why), std::nullopt};
  }
}

} // namespace machine::gateway::mcp

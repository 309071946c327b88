#pragma once

#include "gateway/api/scope.hpp"

namespace machine::gateway {

/// *to*, by which *asked* is answered, with its streams counted, if streams are
/// limited.
responder_ptr with_stream_limit(const context_ptr& context,
                                const http_request& asked, responder_ptr to);

/// *what* with its streams counted, if it has any and streams are limited.
route with_stream_limit(const context_ptr& context, route what);

} // namespace machine::gateway

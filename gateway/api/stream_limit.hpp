#pragma once

#include "gateway/api/scope.hpp"

namespace machine::gateway {

/// *what* with its streams counted, if it has any and streams are limited.
route with_stream_limit(const context_ptr& context, route what);

} // namespace machine::gateway

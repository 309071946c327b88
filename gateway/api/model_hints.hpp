#pragma once

#include "actors/models/desk/order.hpp"
#include "gateway/api/scope.hpp"

namespace machine::gateway {

/// Takes what the headers of *request* say about a call over into *to*: who
/// pays
/// (`X-Machine-Project`, `-Agent`, `-Tags`), what it is for (`-Job`,
/// `-Quality`), and its bounds (`-Max-Cost`, `-Deadline-Ms`). Fails with
/// `invalid_argument`, or `denied` if the project is none of theirs.
caf::error take_hints(models::order& to, const scope& in,
                      const http_request& request);

/// The same of `X-Machine-Cache` (off, on, refresh) and `-Cache-Ttl-S`.
caf::error take_cache_hints(models::chat_order& to,
                            const http_request& request);

} // namespace machine::gateway

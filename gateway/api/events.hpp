#pragma once

#include "gateway/api/log_view.hpp"
#include "gateway/api/scope.hpp"

namespace machine::gateway {

/// Answers with the events of *log* after the number that *request* names, in
/// its `Last-Event-ID` or its `after`: with a page, or, if it accepts
/// `text/event-stream`, with a stream that goes on with what happens. `latest`
/// stands for the last number that there is; the stream then begins with an
/// event `begin` that says which. Blocks.
void reply_events(const scope& in, const log_view& log,
                  const http_request& request, const responder_ptr& reply);

} // namespace machine::gateway

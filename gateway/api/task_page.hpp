#pragma once

#include "actors/tracker/state.hpp"
#include "gateway/http/exchange.hpp"

namespace machine::gateway {

/// The tasks of *now* that *request* asks for by `state`, `label`, `q` (words),
/// `limit` and `cursor`, the most urgent first, as a page. A cursor names a
/// place in the order and not a task, so a page begins where the last one
/// ended, also when the task that was there has changed meanwhile.
caf::expected<std::string> task_page(const tracker::project_state& now,
                                     const http_request& request);

} // namespace machine::gateway

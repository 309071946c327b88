#pragma once

#include "actors/tenants.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace machine::gateway {

/// Replies with a page of the rows of *kind* whose fields are as *where* says:
/// as many as the `limit` of *request*, from its `cursor` on.
template <class Summary>
void reply_rows(const context_ptr& context, const http_request& request,
                const responder_ptr& reply, const std::string& kind,
                std::map<std::string, std::string> where = {}) {
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto page = context->machine->engine().list({kind,
                                               local_tenant,
                                               std::move(where),
                                               request.query_or("cursor", ""),
                                               *limit,
                                               {}});
  if (!page) {
    reply->problem(page.error());
    return;
  }
  std::vector<std::string> items;
  for (auto& row : page->rows)
    if (auto x = wire::from_msgpack<Summary>(row.summary.body))
      items.push_back(wire::to_json(*x));
  reply->json(200, page_document(items, page->next_cursor));
}

} // namespace machine::gateway

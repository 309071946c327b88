#pragma once

#include "gateway/api/ask.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace machine::gateway {

/// Replies with a page of the rows of *E* whose fields are as *where* says and
/// that *may_see* lets through: as many as the `limit` of *request*, from its
/// `cursor` on. A page may be short, even empty, and have a cursor. *view*
/// makes of a row what clients see.
template <class E, class Summary, class View = std::identity>
void reply_rows(const scope& in, const http_request& request,
                const responder_ptr& reply,
                std::map<std::string, std::string> where,
                const std::function<bool(const Summary&)>& may_see,
                View view = {}) {
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  store::query what;
  what.where = std::move(where);
  what.cursor = request.query_or("cursor", "");
  what.limit = *limit;
  auto page = in.list<E>(std::move(what));
  if (!page) {
    reply->problem(page.error());
    return;
  }
  std::vector<std::string> items;
  for (auto& row : page->rows)
    if (auto x = wire::from_msgpack<Summary>(row.summary.body))
      if (may_see(*x))
        items.push_back(wire::to_json(view(*x)));
  reply->json(200, page_document(items, page->next_cursor));
}

} // namespace machine::gateway

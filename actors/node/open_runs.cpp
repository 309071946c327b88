#include "actors/node/open_runs.hpp"

#include "actors/node/node.hpp"

namespace machine {

caf::error
for_each_open(store::engine& engine, entity::shard_table& shards,
              const char* kind,
              const std::function<void(const entity::key&)>& activate) {
  if (auto err = shards.settle())
    return err;
  store::query open{kind, local_tenant, {{"open", "true"}},
                    "",   1'000,        store::query::direction::oldest_first};
  for (;;) {
    auto page = engine.list(open);
    if (!page)
      return std::move(page.error());
    for (auto& row : page->rows)
      activate({row.stream.tenant, row.stream.id});
    if (page->next_cursor.empty())
      return caf::none;
    open.cursor = page->next_cursor;
  }
}

} // namespace machine

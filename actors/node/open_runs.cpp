#include "actors/node/open_runs.hpp"

#include "actors/node/node.hpp"
#include "actors/tenants/list.hpp"

namespace machine {

namespace {

caf::error
for_each_open_of(store::engine& engine, const char* kind,
                 const std::string& tenant,
                 const std::function<void(const entity::key&)>& activate) {
  store::query open{kind, tenant, {{"open", "true"}},
                    "",   1'000,  store::query::direction::oldest_first};
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

} // namespace

caf::error
for_each_open(store::engine& engine, entity::shard_table& shards,
              const char* kind,
              const std::function<void(const entity::key&)>& activate) {
  if (auto err = shards.settle())
    return err;
  auto owners = tenants::list_tenants(engine);
  if (!owners)
    return std::move(owners.error());
  for (auto& tenant : *owners)
    if (auto err = for_each_open_of(engine, kind, tenant, activate))
      return err;
  return caf::none;
}

} // namespace machine

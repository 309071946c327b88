#include "actors/tenants/list.hpp"

#include "actors/tenants.hpp"
#include "actors/tenants/check.hpp"
#include "actors/tenants/tenant.hpp"

namespace machine::tenants {

caf::expected<std::vector<std::string>> list_tenants(store::engine& engine) {
  std::vector<std::string> result{local_tenant};
  store::query all{tenant::kind, system_tenant, {}, "", 1'000, {}};
  for (;;) {
    auto page = engine.list(all);
    if (!page)
      return std::move(page.error());
    for (auto& row : page->rows)
      if (row.stream.id != local_tenant)
        result.push_back(row.stream.id);
    if (page->next_cursor.empty())
      return result;
    all.cursor = page->next_cursor;
  }
}

} // namespace machine::tenants

#include "actors/tenants/tenant.hpp"

#include "actors/tenants/summary.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::tenants {

store::summary_row tenant::summarise(const state& now, const entity::key& id) {
  store::summary_row row;
  row.fields["status"] = wire::to_name(now.status);
  row.body = wire::to_msgpack(summary_of(now, id.id));
  return row;
}

tenant_summary summary_of(const tenant_state& now, const std::string& id) {
  tenant_summary row;
  row.id = id;
  row.name = now.name;
  row.status = now.status;
  row.created_at = now.created_at;
  row.principals = now.principals.size();
  row.issuers = now.issuers.size();
  return row;
}

} // namespace machine::tenants

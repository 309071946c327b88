#include "actors/audit/audit_log.hpp"

#include "runtime/entity/draft.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::audit {

caf::error audit_log::decide(entity::draft<audit_log>& to,
                             const command& what) {
  auto& key = to.ctx().key;
  if (key.id != audit_id)
    return make_error(ec::invalid_argument, "a tenant has one audit log, named "
                                              + std::string{audit_id}
                                              + ", and not "
                                              + wire::excerpt(key.id));
  auto& record = std::get<record_audit>(what).record;
  if (record.tenant != key.tenant)
    return make_error(ec::invalid_argument, "the audit log of tenant "
                                              + key.tenant
                                              + " keeps no record of tenant "
                                              + wire::excerpt(record.tenant));
  audited result;
  result.record = security::to_bytes(record);
  result.hash = security::chain_next(to.now().last_hash, result.record);
  to.emit(std::move(result));
  return caf::none;
}

void audit_log::apply(state& draft, const event& what, timestamp) {
  ++draft.count;
  draft.last_hash = std::get<audited>(what).hash;
}

store::summary_row audit_log::summarise(const state& now, const entity::key&) {
  store::summary_row row;
  row.body = wire::to_msgpack(summary_of(now));
  return row;
}

audit_summary summary_of(const audit_state& now) {
  return {now.count, security::to_hex(now.last_hash)};
}

caf::expected<security::audit_record> record_of(const audited& x) {
  auto result = wire::from_msgpack<security::audit_record>(x.record);
  if (!result)
    return make_error(ec::corrupt, "an entry of an audit log is no record: "
                                     + message_of(result.error())
                                     + "; verify the log");
  return result;
}

} // namespace machine::audit

#include "actors/orchestrator/upgrade/upgrade.hpp"

#include "actors/tenants/check.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

constexpr size_t page_events = 4096;
constexpr size_t page_rows = 500;

/// Gives *each* the events of *stream* until it returns false.
caf::error
read_all(store::engine& in, const store::stream_id& stream,
         const std::function<bool(const store::stored_event&)>& each) {
  for (uint64_t next = 1;;) {
    auto events = in.read(stream, next, page_events, entity::page_bytes);
    if (!events)
      return std::move(events.error());
    if (events->empty())
      return caf::none;
    for (auto& event : *events)
      if (!each(event))
        return caf::none;
    next += events->size();
  }
}

/// The state of the snapshot of *stream*, if this program would go by it.
template <class E>
caf::expected<std::optional<std::pair<uint64_t, typename E::state>>>
snapshot_of(store::engine& in, const store::stream_id& stream) {
  using result = std::optional<std::pair<uint64_t, typename E::state>>;
  auto image = in.read_snapshot(stream);
  if (!image)
    return std::move(image.error());
  if (!*image || (*image)->schema != E::snapshot_schema)
    return result{};
  auto state = wire::from_msgpack<typename E::state>((*image)->state,
                                                     entity::snapshot_limits);
  // One that does not read is not gone by.
  if (!state)
    return result{};
  return result{std::in_place, (*image)->seq, std::move(*state)};
}

/// Gives *each* the ids of a kind that are in lists, oldest first.
caf::error list_all(store::engine& in, store::query what,
                    const std::function<caf::error(const std::string&)>& each) {
  what.limit = page_rows;
  what.order = store::query::direction::oldest_first;
  do {
    auto page = in.list(what);
    if (!page)
      return std::move(page.error());
    for (auto& row : page->rows)
      if (auto err = each(row.stream.id))
        return err;
    what.cursor = page->next_cursor;
  } while (!what.cursor.empty());
  return caf::none;
}

} // namespace

caf::expected<upgrade_verdict> check_run_upgrade(store::engine& in,
                                                 const entity::key& id) {
  auto stream = entity::stream_of<run>(id);
  upgrade_check check{
    id, [&in](const store::blob_hash& hash) { return in.get_blob(hash); }};
  auto image = snapshot_of<run>(in, stream);
  if (!image)
    return std::move(image.error());
  if (auto& x = *image)
    check.expect(x->first, std::move(x->second));
  caf::error problem;
  auto err = read_all(in, stream, [&](const store::stored_event& event) {
    problem = check.add(event.payload);
    return !problem && !check.difference();
  });
  for (auto& x : {err, problem})
    if (x)
      return with_context(to_string(stream), x);
  if (auto err = check.finish())
    return with_context(to_string(stream), err);
  return upgrade_verdict{
    run::kind,         id.tenant,         id.id,
    check.events(),    check.decisions(), check.unexplained(),
    check.difference()};
}

template <class E>
caf::expected<upgrade_verdict> check_entity_upgrade(store::engine& in,
                                                    const entity::key& id) {
  auto stream = entity::stream_of<E>(id);
  upgrade_verdict result{E::kind, id.tenant, id.id, 0, 0, 0, std::nullopt};
  auto image = snapshot_of<E>(in, stream);
  if (!image)
    return std::move(image.error());
  typename E::state state;
  auto err = read_all(in, stream, [&](const store::stored_event& event) {
    if (auto bad = entity::apply_payload<E>(state, event.payload)) {
      result.difference =
        upgrade_difference{event.seq, "cannot be read: " + message_of(bad)};
      return false;
    }
    result.events = event.seq;
    if (auto& x = *image;
        x && x->first == event.seq
        && wire::to_msgpack(x->second) != wire::to_msgpack(state))
      result.difference = upgrade_difference{
        event.seq, "the snapshot that is there is not what this program makes "
                   "of the events up to it"};
    return !result.difference;
  });
  if (err)
    return with_context(to_string(stream), err);
  return result;
}

template caf::expected<upgrade_verdict>
check_entity_upgrade<tracker::project>(store::engine&, const entity::key&);
template caf::expected<upgrade_verdict>
check_entity_upgrade<run_schedule>(store::engine&, const entity::key&);
template caf::expected<upgrade_verdict>
check_entity_upgrade<requests::kept_answer>(store::engine&, const entity::key&);
template caf::expected<upgrade_verdict>
check_entity_upgrade<secrets::vault_secret>(store::engine&, const entity::key&);
template caf::expected<upgrade_verdict>
check_entity_upgrade<registered_workflow>(store::engine&, const entity::key&);
template caf::expected<upgrade_verdict>
check_entity_upgrade<nodes::node_log>(store::engine&, const entity::key&);
template caf::expected<upgrade_verdict>
check_entity_upgrade<tenants::tenant>(store::engine&, const entity::key&);
template caf::expected<upgrade_verdict>
check_entity_upgrade<audit::audit_log>(store::engine&, const entity::key&);

caf::error
check_upgrade(store::engine& in, const upgrade_request& what,
              const std::function<void(const upgrade_verdict&)>& each) {
  auto with = [&](auto check) {
    return [&, check](const std::string& id) -> caf::error {
      auto verdict = check(in, entity::key{what.tenant, id});
      if (!verdict)
        return std::move(verdict.error());
      each(*verdict);
      return caf::none;
    };
  };
  auto check_run = with(check_run_upgrade);
  for (auto& id : what.runs) {
    auto there = in.last_seq({run::kind, what.tenant, id});
    if (!there)
      return std::move(there.error());
    if (*there == 0)
      return make_error(ec::not_found, "there is no run " + id);
    if (auto err = check_run(id))
      return err;
  }
  if (!what.runs.empty())
    return caf::none;
  store::query runs{run::kind, what.tenant};
  if (!what.ended)
    runs.where["open"] = "true";
  if (auto err = list_all(in, runs, check_run))
    return err;
  if (auto err = list_all(in, {tracker::project::kind, what.tenant},
                          with(check_entity_upgrade<tracker::project>)))
    return err;
  if (auto err = list_all(in, {run_schedule::kind, what.tenant},
                          with(check_entity_upgrade<run_schedule>)))
    return err;
  if (auto err = list_all(in, {registered_workflow::kind, what.tenant},
                          with(check_entity_upgrade<registered_workflow>)))
    return err;
  if (auto err = list_all(in, {requests::kept_answer::kind, what.tenant},
                          with(check_entity_upgrade<requests::kept_answer>)))
    return err;
  if (auto err = list_all(in, {secrets::vault_secret::kind, what.tenant},
                          with(check_entity_upgrade<secrets::vault_secret>)))
    return err;
  if (auto err = list_all(in, {audit::audit_log::kind, what.tenant},
                          with(check_entity_upgrade<audit::audit_log>)))
    return err;
  // Nodes are of no tenant; who asks for one gets them beside it.
  auto node = [&](const std::string& id) -> caf::error {
    auto verdict = check_entity_upgrade<nodes::node_log>(
      in, entity::key{tenants::system_tenant, id});
    if (!verdict)
      return std::move(verdict.error());
    each(*verdict);
    return caf::none;
  };
  if (auto err =
        list_all(in, {nodes::node_log::kind, tenants::system_tenant}, node))
    return err;
  // All tenants stand in one; this one may have never been made.
  entity::key own{tenants::system_tenant, what.tenant};
  auto there = in.last_seq(entity::stream_of<tenants::tenant>(own));
  if (!there)
    return std::move(there.error());
  if (*there == 0)
    return caf::none;
  auto verdict = check_entity_upgrade<tenants::tenant>(in, own);
  if (!verdict)
    return std::move(verdict.error());
  each(*verdict);
  return caf::none;
}

} // namespace machine::orchestrator

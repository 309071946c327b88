#include "gateway/api/scope.hpp"

#include "actors/orchestrator/retention/erase.hpp"
#include "actors/orchestrator/run/artefact.hpp"
#include "actors/orchestrator/run/spans.hpp"
#include "gateway/api/channel_feeder.hpp"
#include "gateway/api/follow.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway {

machine_facts scope::facts() const {
  auto& options = machine_->machine->options();
  return {machine_->version, machine_->default_budget, machine_->workflows,
          options.models->stock(), options.roles};
}

void scope::start_run(
  run_request what,
  std::function<void(caf::expected<std::string>)> then) const {
  if (trace_ != nullptr)
    what.trace = orchestrator::to_run_trace(*trace_);
  machine_->machine->start_run(tenant(), std::move(what), std::move(then));
}

caf::error scope::prepare_to_erase(const std::string& run) const {
  return orchestrator::prepare_to_erase(engine(), {tenant(), run});
}

std::string scope::project_of_run(const std::string& id) const {
  auto row = engine().read_summary(stream<orchestrator::run>(id));
  if (!row)
    return {};
  auto i = row->summary.fields.find("project");
  return i == row->summary.fields.end() ? "" : i->second;
}

log_view scope::run_log(const std::string& id) const {
  return view_of_run(stream<orchestrator::run>(id));
}

log_view scope::topic(const std::string& name) const {
  if (name == audit_topic)
    return view_of_audit(stream<audit::audit_log>(audit::audit_id));
  return view_of_topic(entity::topic_stream(tenant(), name));
}

void scope::follow(log_view log, uint64_t after,
                   const std::shared_ptr<event_stream>& to) const {
  log.stream = mine(log);
  follow_log(machine_, who_->id, std::move(log), after, to);
}

std::shared_ptr<channel> scope::listen(log_view log) const {
  log.stream = mine(log);
  auto found = machine_->channels->find(log);
  if (found.is_new)
    feed_channel(machine_, found.what);
  return found.what;
}

caf::expected<stamp> scope::stamp_of(const store::stream_id& stream) const {
  auto row = engine().read_summary(stream);
  if (!row)
    return std::move(row.error());
  return stamp{row->created_at, row->last_seq};
}

caf::expected<bool> scope::has_artefact(const std::string& run,
                                        const store::blob_hash& hash) const {
  constexpr size_t page_events = 1'000;
  auto where = stream<orchestrator::run>(run);
  auto is_it = [&](const store::stored_event& x) {
    if (as_text(x.payload).find(hash) == std::string_view::npos)
      return false;
    auto event =
      wire::from_msgpack<entity::recorded<orchestrator::run_event>>(x.payload);
    return event && orchestrator::artefact_of(event->event) == hash;
  };
  for (uint64_t next = 1;;) {
    auto page = engine().read(where, next, page_events, entity::page_bytes);
    if (!page)
      return std::move(page.error());
    if (std::any_of(page->begin(), page->end(), is_it))
      return true;
    if (page->empty())
      return false;
    next = page->back().seq + 1;
  }
}

} // namespace machine::gateway

#include "gateway/api/scope.hpp"

#include "actors/orchestrator/retention/erase.hpp"
#include "gateway/api/follow.hpp"

namespace machine::gateway {

machine_facts scope::facts() const {
  auto& options = machine_->machine->options();
  return {machine_->version, machine_->default_budget,   machine_->workflows,
          options.catalogue, options.unusable_providers, options.roles};
}

void scope::start_run(
  run_request what,
  std::function<void(caf::expected<std::string>)> then) const {
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

void scope::follow(const store::stream_id& stream, uint64_t after,
                   const std::shared_ptr<event_stream>& to) const {
  follow_log(machine_, {stream.kind, tenant(), stream.id}, after, to);
}

caf::expected<bool> scope::names(const store::stream_id& stream,
                                 const store::blob_hash& hash) const {
  constexpr size_t page_events = 1'000;
  for (uint64_t next = 1;;) {
    auto page = engine().read(stream, next, page_events, entity::page_bytes);
    if (!page)
      return std::move(page.error());
    for (auto& x : *page)
      if (as_text(x.payload).find(hash) != std::string_view::npos)
        return true;
    if (page->empty())
      return false;
    next = page->back().seq + 1;
  }
}

} // namespace machine::gateway

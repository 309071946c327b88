#include "actors/orchestrator/scheduler/run_schedule.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/scheduler/summary.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

start_firing start_of(const run_schedule_state& now, const std::string& run,
                      const entity::key& id) {
  start_firing result{run, now.what};
  result.what.schedule = id.id;
  return result;
}

stop_firing stop_of(const run_schedule_state& now, const std::string& run) {
  return {run, "the next firing of schedule " + now.name + " is due"};
}

} // namespace

std::vector<run_schedule::effect> run_schedule::react(const state& now,
                                                      const event& what,
                                                      const entity::key& id) {
  if (auto* x = std::get_if<firing_began>(&what))
    return {start_of(now, x->run, id)};
  if (auto* x = std::get_if<firing_stopping>(&what))
    return {stop_of(now, x->run)};
  return {};
}

std::vector<run_schedule::effect>
run_schedule::outstanding(const state& now, const entity::key& id) {
  std::vector<effect> result;
  for (auto& [run, x] : now.running) {
    result.push_back(start_of(now, run, id));
    if (x.stopping)
      result.push_back(stop_of(now, run));
  }
  return result;
}

std::optional<run_schedule::command> run_schedule::on_wake() {
  return wake_schedule{};
}

std::optional<timestamp> run_schedule::wake_at(const state& now) {
  if (!now.exists || now.paused)
    return std::nullopt;
  // What waits while nothing is at work could not begin when it should have.
  if (now.waiting && now.running.empty())
    return now.considered;
  return now.next;
}

bool run_schedule::idle(const state& now) {
  return !wake_at(now) && now.running.empty();
}

store::summary_row run_schedule::summarise(const state& now,
                                           const entity::key&) {
  store::summary_row row;
  row.fields["project"] = now.project;
  row.fields["listed"] = now.exists ? "true" : "false";
  row.fields["open"] = idle(now) ? "false" : "true";
  row.body = wire::to_msgpack(summary_of(now));
  return row;
}

schedule_summary summary_of(const run_schedule_state& now) {
  schedule_summary row;
  row.name = now.name;
  row.project = now.project;
  row.title = clip(now.what.title, max_row_text);
  row.workflow = now.what.workflow_name;
  row.cron = now.spec.cron;
  row.zone = now.spec.zone;
  row.state = now.paused ? "paused" : now.next ? "active" : "ended";
  row.next = now.next;
  row.running = now.running.size();
  const firing* newest = nullptr;
  auto look_at = [&](const firing& x) {
    if (newest == nullptr || x.number > newest->number)
      newest = &x;
  };
  for (auto& [run, x] : now.running)
    look_at(x);
  for (auto& x : now.ended)
    look_at(x);
  if (newest != nullptr) {
    row.last_run = newest->run;
    row.last_due = newest->due;
  }
  if (!now.ended.empty())
    row.last_result = now.ended.back().result;
  return row;
}

std::string schedule_id(const std::string& project, const std::string& name) {
  return project + "." + name;
}

caf::error check_schedule_name(const std::string& name) {
  auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!name.empty() && name.size() <= max_schedule_name
      && std::all_of(name.begin(), name.end(), is_fine))
    return caf::none;
  return make_error(ec::invalid_argument,
                    "schedule " + name.substr(0, max_schedule_name)
                      + ": a name has 1 to 64 letters, digits, - and _");
}

} // namespace machine::orchestrator

#include "actors/orchestrator/scheduler/run_schedule.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

template <class T>
void keep(std::vector<T>& in, T what) {
  in.push_back(std::move(what));
  if (in.size() > max_kept_firings)
    in.erase(in.begin());
}

/// Makes one event part of the state. Every member is total: what an event
/// refers to and is not there is left alone.
struct schedule_applier {
  run_schedule_state& draft;
  timestamp at;

  // Runs of one that was deleted are still at work, and numbers go on.
  void operator()(const schedule_created& x) {
    draft.exists = true;
    draft.project = x.project;
    draft.name = x.name;
    draft.spec = x.spec;
    draft.what = x.what;
    draft.created_at = at;
    draft.considered = std::max(draft.considered, at);
    draft.paused = false;
    draft.pause_reason.clear();
    draft.next = x.next;
    draft.waiting.reset();
    ++draft.version;
  }

  void operator()(const schedule_changed& x) {
    draft.spec = x.spec;
    draft.what = x.what;
    draft.considered = std::max(draft.considered, at);
    draft.next = x.next;
    ++draft.version;
  }

  void operator()(const schedule_paused& x) {
    draft.paused = true;
    draft.pause_reason = x.reason;
    draft.next.reset();
  }

  void operator()(const schedule_resumed& x) {
    draft.paused = false;
    draft.pause_reason.clear();
    draft.considered = std::max(draft.considered, at);
    draft.next = x.next;
  }

  void operator()(const schedule_deleted&) {
    draft.exists = false;
    draft.next.reset();
    draft.waiting.reset();
  }

  void operator()(const firings_considered& x) {
    draft.considered = x.up_to;
    draft.next = x.next;
    draft.waiting = x.waiting;
    for (auto& y : x.skipped) {
      draft.skipped_count += y.count;
      keep(draft.skipped, y);
    }
  }

  void operator()(const firing_began& x) {
    draft.last_number = x.number;
    firing what;
    what.run = x.run;
    what.number = x.number;
    what.due = x.due;
    what.began_at = at;
    what.cause = x.cause;
    draft.running[x.run] = std::move(what);
  }

  void operator()(const firing_stopping& x) {
    if (auto i = draft.running.find(x.run); i != draft.running.end())
      i->second.stopping = true;
  }

  void operator()(const firing_ended& x) {
    auto i = draft.running.find(x.run);
    if (i == draft.running.end())
      return;
    auto what = std::move(i->second);
    draft.running.erase(i);
    what.ended_at = at;
    what.result = x.result;
    what.message = x.message;
    keep(draft.ended, std::move(what));
  }
};

} // namespace

void run_schedule::apply(state& draft, const event& what, timestamp at) {
  std::visit(schedule_applier{draft, at}, what);
}

} // namespace machine::orchestrator

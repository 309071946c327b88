#include "gateway/api/run_view.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

using namespace orchestrator;

std::string kind_of(const run_state& now, const activation& x) {
  if (x.step.starts_with('@'))
    return x.step.substr(1);
  auto* what = find_step(now, x.step);
  if (what == nullptr)
    return "?";
  return std::visit([]<class T>(const T&) { return std::string{T::wire_name}; },
                    what->action);
}

activation_view view_of(const run_state& now, const activation& x) {
  activation_view view;
  view.id = x.id;
  view.step = x.step;
  auto* what = find_step(now, x.step);
  view.title = what != nullptr ? what->title.value_or(x.step) : x.step;
  view.kind = kind_of(now, x);
  view.iteration = x.iteration;
  view.state = wire::to_name(x.phase);
  view.attempt = x.attempt;
  view.code = x.code;
  view.message = x.message;
  view.output = x.output;
  view.commit = x.commit;
  view.child = x.child;
  view.until = x.until;
  view.signal = x.signal;
  view.started_at = x.started_at;
  view.ended_at = x.ended_at;
  view.spent = x.spent;
  return view;
}

interrupt_view view_of(const interrupt& x) {
  interrupt_view view;
  view.id = x.id;
  view.activation = x.activation;
  view.question = x.question;
  view.schema = x.schema;
  view.assignee = x.assignee;
  view.role = x.role;
  view.deadline = x.deadline;
  view.state = wire::to_name(x.phase);
  if (x.phase == interrupt_phase::answered) {
    view.answer = x.answer;
    view.by = x.by;
  }
  return view;
}

/// By when they began.
template <class T>
std::vector<const T*> in_order(const std::map<std::string, T>& all) {
  std::vector<const T*> result;
  for (auto& [id, x] : all)
    result.push_back(&x);
  std::sort(result.begin(), result.end(),
            [](auto* x, auto* y) { return x->number < y->number; });
  return result;
}

/// The members of two objects in one.
std::string merge(std::string first, std::string_view second) {
  first.pop_back();
  first += ',';
  first += second.substr(1);
  return first;
}

} // namespace

std::vector<activation_view> steps_of(const run_state& now) {
  std::vector<activation_view> result;
  for (auto* x : in_order(now.activations))
    result.push_back(view_of(now, *x));
  return result;
}

std::vector<interrupt_view> interrupts_of(const run_state& now) {
  std::vector<interrupt_view> result;
  for (auto* x : in_order(now.interrupts))
    result.push_back(view_of(*x));
  return result;
}

std::string run_document(const run_state& now, const std::string& id,
                         uint64_t last_seq,
                         std::optional<uint64_t> queue_position) {
  run_details more;
  more.priority = now.created.priority;
  more.schedule = now.created.schedule;
  more.queue_position = queue_position;
  more.workflow_hash = now.created.workflow_hash;
  more.repository = now.created.repository;
  more.inputs = now.created.inputs;
  more.vars.text = wire::to_json(now.vars);
  more.base = now.base;
  if (now.published) {
    more.commit = now.published->commit;
    more.diff = now.published->diff;
    more.files_changed = now.published->files_changed;
    more.lines_added = now.published->lines_added;
    more.lines_removed = now.published->lines_removed;
  }
  more.output = now.output;
  more.activations = steps_of(now);
  more.interrupts = interrupts_of(now);
  for (auto& x : now.bill)
    more.bill.push_back({x.model, x.calls, x.usage.input, x.usage.cached,
                         x.usage.output, x.cost});
  return wire::to_json(
    run_view{summary_of(now, id), std::move(more), last_seq});
}

std::string event_document(uint64_t seq, bytes_view payload) {
  auto event = wire::from_msgpack<entity::recorded<run_event>>(payload);
  auto head = R"({"seq":")" + std::to_string(seq) + '"';
  if (!event)
    return head + R"(,"type":"unreadable"})";
  return merge(head + R"(,"at":)" + wire::to_json(event->at) + "}",
               wire::to_json(event->event));
}

bool is_last_event(bytes_view payload) {
  auto event = wire::from_msgpack<entity::recorded<run_event>>(payload);
  if (!event)
    return false;
  if (auto* x = std::get_if<books_closed>(&event->event))
    return !x->parent_waits;
  return std::holds_alternative<parent_told>(event->event)
      || std::holds_alternative<schedule_told>(event->event)
      // They come after the end, when somebody wants it.
      || std::holds_alternative<run_archived>(event->event)
      || std::holds_alternative<run_unarchived>(event->event);
}

} // namespace machine::gateway

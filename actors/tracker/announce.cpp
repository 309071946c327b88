#include "actors/tracker/project.hpp"
#include "actors/tracker/summary.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::tracker {

namespace {

/// Of a description, in a piece of news.
constexpr size_t max_description = 2'000;

/// A task without what is said about it, which may be long.
std::string brief(task x) {
  x.comments.clear();
  if (x.description.size() > max_description) {
    x.description.resize(max_description);
    // Not within a character.
    while (!x.description.empty() && !wire::is_utf8(x.description))
      x.description.pop_back();
  }
  return wire::to_json(x);
}

/// Collects what there is to tell.
class reporter {
public:
  reporter(const project_state& now, const entity::context& ctx)
      : now_(now), ctx_(ctx) {}

  void operator()(const project_created&) {
    limits("project.created");
  }

  void operator()(const project_budget_changed&) {
    limits("project.changed");
  }

  void operator()(const project_limit_changed&) {
    limits("project.changed");
  }

  void operator()(const charge_booked& x) {
    add("costs", "charge.booked", "run/" + x.run, wire::to_json(x));
  }

  void operator()(const task_created& x) {
    of_task("task.created", x.task.id);
  }

  void operator()(const task_edited& x) {
    of_task("task.changed", x.task);
  }

  void operator()(const task_commented& x) {
    add("tasks", "task.commented", "task/" + x.task, wire::to_json(x));
  }

  /// Runs tell of themselves.
  template <class Other>
  void operator()(const Other&) {}

  std::vector<entity::announcement> take() {
    return std::move(told_);
  }

private:
  void add(const char* topic, const char* type, std::string subject,
           std::string data) {
    told_.push_back({topic,
                     {ctx_.now, type, ctx_.key.id, std::move(subject),
                      json_text{std::move(data)}}});
  }

  void limits(const char* type) {
    add("costs", type, "project/" + ctx_.key.id,
        wire::to_json(summary_of(now_, ctx_.key.id)));
  }

  void of_task(const char* type, const std::string& id) {
    if (auto i = now_.tasks.find(id); i != now_.tasks.end())
      add("tasks", type, "task/" + id, brief(i->second));
  }

  const project_state& now_;
  const entity::context& ctx_;
  std::vector<entity::announcement> told_;
};

} // namespace

std::vector<entity::announcement>
project::announce(const state& now, const std::vector<event>& events,
                  const entity::context& ctx) {
  reporter result{now, ctx};
  for (auto& what : events)
    std::visit(result, what);
  return result.take();
}

} // namespace machine::tracker

#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// A question, or what became of it, as clients see it.
struct interrupt_news {
  std::string run;
  std::string id;
  std::optional<std::string> question;
  std::optional<json_text> schema;
  std::optional<std::string> assignee;
  std::optional<std::string> role;
  std::optional<timestamp> deadline;
  std::optional<json_text> answer;
  std::optional<std::string> by;

  static constexpr const char* wire_name = "interrupt_news";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &interrupt_news::run},
                         wire::field{"id", &interrupt_news::id},
                         wire::field{"question", &interrupt_news::question},
                         wire::field{"schema", &interrupt_news::schema},
                         wire::field{"assignee", &interrupt_news::assignee},
                         wire::field{"role", &interrupt_news::role},
                         wire::field{"deadline", &interrupt_news::deadline},
                         wire::field{"answer", &interrupt_news::answer},
                         wire::field{"by", &interrupt_news::by});
  }
};

template <class... Ts>
bool is_one_of(const run_event& what) {
  return (std::holds_alternative<Ts>(what) || ...);
}

/// Whether *what* may change the state that lists show.
bool changes_state(const run_event& what) {
  return is_one_of<run_created, budget_granted, budget_refused, run_queued,
                   workspace_opened, interrupt_opened, interrupt_answered,
                   interrupt_withdrawn, run_paused, run_resumed,
                   cancel_requested, run_closing, work_published, run_ended,
                   run_archived, run_unarchived>(what);
}

/// News of a question; its type is empty if *what* is none.
std::pair<std::string, interrupt_news>
interrupt_news_of(const run_event& what, const std::string& run) {
  interrupt_news result;
  result.run = run;
  if (auto* x = std::get_if<interrupt_opened>(&what)) {
    result.id = x->interrupt;
    result.question = x->question;
    result.schema = x->schema;
    result.assignee = x->assignee;
    result.role = x->role;
    result.deadline = x->deadline;
    return {"interrupt.opened", result};
  }
  if (auto* x = std::get_if<interrupt_answered>(&what)) {
    result.id = x->interrupt;
    result.answer = x->answer;
    result.by = x->by;
    return {"interrupt.answered", result};
  }
  if (auto* x = std::get_if<interrupt_withdrawn>(&what)) {
    result.id = x->interrupt;
    return {"interrupt.withdrawn", result};
  }
  return {};
}

} // namespace

std::vector<entity::announcement>
run::announce_end(const state& now, const entity::context& ctx) {
  auto& id = ctx.key.id;
  return {{"runs",
           {ctx.now, "run.erased", now.created.project, "run/" + id,
            json_text{wire::to_json(summary_of(now, id))}}}};
}

std::vector<entity::announcement>
run::announce(const state& now, const std::vector<event>& events,
              const entity::context& ctx) {
  std::vector<entity::announcement> result;
  auto& id = ctx.key.id;
  auto add = [&](const char* topic, std::string type, std::string data) {
    result.push_back({topic,
                      {ctx.now, std::move(type), now.created.project,
                       "run/" + id, json_text{std::move(data)}}});
  };
  for (auto& what : events)
    if (auto [type, told] = interrupt_news_of(what, id); !type.empty())
      add("interrupts", type, wire::to_json(told));
  // A history that was copied is no news: its run was told of already.
  if (std::any_of(events.begin(), events.end(), changes_state))
    add("runs",
        is_one_of<run_created>(events.front()) ? "run.created" : "run.changed",
        wire::to_json(summary_of(now, id)));
  return result;
}

} // namespace machine::orchestrator

#include "actors/tracker/summary.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/rows.hpp"
#include "gateway/api/task_page.hpp"
#include "runtime/wire/together.hpp"
#include "runtime/wire/wire.hpp"

#include <limits>

namespace machine::gateway {

namespace {

using namespace tracker;

struct project_request {
  std::string id;
  std::optional<std::string> name;
  std::optional<micro_usd> budget;
  std::optional<uint32_t> max_runs;

  static constexpr const char* wire_name = "project";
  static constexpr const char* schema_name = "new_project";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &project_request::id},
                         wire::field{"name", &project_request::name},
                         wire::field{"budget", &project_request::budget},
                         wire::field{"max_runs", &project_request::max_runs});
  }
};

/// The body of `PATCH /projects/{id}`: what is missing stays, null takes a
/// limit away.
struct limits_request {
  std::optional<micro_usd> budget;
  std::optional<uint32_t> max_runs;

  static constexpr const char* wire_name = "project";
  static constexpr const char* schema_name = "project_changes";

  static constexpr auto fields() {
    return wire::members(wire::field{"budget", &limits_request::budget},
                         wire::field{"max_runs", &limits_request::max_runs});
  }
};

struct task_request {
  std::string title;
  std::optional<std::string> description;
  std::optional<uint32_t> priority;
  std::optional<std::string> parent;
  std::optional<std::vector<std::string>> depends_on;
  std::optional<std::vector<std::string>> labels;

  static constexpr const char* wire_name = "task";
  static constexpr const char* schema_name = "new_task";

  static constexpr auto fields() {
    return wire::members(wire::field{"title", &task_request::title},
                         wire::field{"description", &task_request::description},
                         wire::field{"priority", &task_request::priority},
                         wire::field{"parent", &task_request::parent},
                         wire::field{"depends_on", &task_request::depends_on},
                         wire::field{"labels", &task_request::labels});
  }
};

struct edit_request {
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<task_state> state;
  std::optional<uint32_t> priority;
  std::optional<std::vector<std::string>> add_labels;
  std::optional<std::vector<std::string>> remove_labels;
  std::optional<std::vector<std::string>> add_depends;
  std::optional<std::vector<std::string>> remove_depends;

  static constexpr const char* wire_name = "task";
  static constexpr const char* schema_name = "task_changes";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"title", &edit_request::title},
      wire::field{"description", &edit_request::description},
      wire::field{"state", &edit_request::state},
      wire::field{"priority", &edit_request::priority},
      wire::field{"add_labels", &edit_request::add_labels},
      wire::field{"remove_labels", &edit_request::remove_labels},
      wire::field{"add_depends", &edit_request::add_depends},
      wire::field{"remove_depends", &edit_request::remove_depends});
  }
};

struct comment_request {
  std::string text;

  static constexpr const char* wire_name = "comment";
  static constexpr const char* schema_name = "new_comment";

  static constexpr auto fields() {
    return wire::members(wire::field{"text", &comment_request::text});
  }
};

void list_projects(const scope& in, const http_request& request,
                   const responder_ptr& reply) {
  reply_rows<project, project_summary>(
    in, request, reply, {}, [&](const project_summary& x) {
      return in.who().may_in(x.id, tenants::role::viewer);
    });
}

void add_project(const scope& in, const http_request&,
                 const project_request& body, const responder_ptr& reply) {
  ask<project>(
    in, body.id,
    create_project{body.name.value_or(body.id), body.budget, body.max_runs},
    reply, [=, id = body.id](auto&) {
      reply->json(201, wire::to_json(made_document{id}));
    });
}

/// A project with its books and its queue.
struct project_document : project_summary {
  /// The runs that wait, the next one first.
  std::vector<queue_place> queue;

  static constexpr const char* wire_name = "project";

  static constexpr auto fields() {
    return wire::together(
      project_summary::fields(),
      wire::members(wire::field{"queue", &project_document::queue}));
  }
};

std::string document_of(const project_state& now, const std::string& id) {
  return wire::to_json(project_document{summary_of(now, id), queue_of(now)});
}

void reply_project(const scope& in, const std::string& id,
                   const responder_ptr& reply) {
  inspect<project>(in, id, reply, [=](const project_state& now) {
    reply_document(200, document_of(now, id), reply);
  });
}

void show_project(const scope& in, const http_request& request,
                  const responder_ptr& reply) {
  reply_project(in, request.params.at("id"), reply);
}

void change_limits(const scope& in, const http_request& request,
                   const limits_request& body, const responder_ptr& reply) {
  change_project what;
  if (names_member(request, "budget"))
    what.budget = budget_limit{body.budget};
  if (names_member(request, "max_runs"))
    what.max_runs = runs_limit{body.max_runs};
  auto& id = request.params.at("id");
  ask_if_same<project>(
    in, id, request,
    [id](const project_state& now) {
      return std::optional{document_of(now, id)};
    },
    what, reply, [=](auto&) { reply_project(in, id, reply); });
}

/// A charge with its number in the log of its project.
struct ledger_entry : charge_booked {
  uint64_t seq = 0;

  static constexpr const char* wire_name = "ledger_entry";

  static constexpr auto fields() {
    return wire::together(wire::members(wire::field{"seq", &ledger_entry::seq}),
                          charge_booked::fields());
  }
};

/// What a budget limits, and what is left of it.
struct budget_document {
  std::string project;
  /// None: there is no limit.
  std::optional<micro_usd> limit;
  micro_usd settled = 0;
  /// Set aside for runs at work.
  micro_usd leased = 0;
  /// None: there is no limit.
  std::optional<micro_usd> left;

  static constexpr const char* wire_name = "budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &budget_document::project},
                         wire::field{"limit", &budget_document::limit},
                         wire::field{"settled", &budget_document::settled},
                         wire::field{"leased", &budget_document::leased},
                         wire::field{"left", &budget_document::left});
  }
};

budget_document budget_of(const project_summary& x) {
  budget_document result{x.id, x.budget, x.settled, x.leased, std::nullopt};
  if (x.budget)
    result.left = std::max<micro_usd>(0, *x.budget - x.settled - x.leased);
  return result;
}

void list_budgets(const scope& in, const http_request& request,
                  const responder_ptr& reply) {
  reply_rows<project, project_summary>(
    in, request, reply, {},
    [&](const project_summary& x) {
      return in.who().may_in(x.id, tenants::role::viewer);
    },
    budget_of);
}

void ledger(const scope& in, const http_request& request,
            const responder_ptr& reply) {
  auto& id = request.params.at("id");
  auto limit = limit_of(request);
  auto cursor = number_of(request.query_or("cursor", "0"));
  // One more than the last possible number would be the first one again.
  if (!cursor || *cursor == std::numeric_limits<uint64_t>::max())
    limit = make_error(ec::invalid_argument,
                       "cursor is what an earlier page gave as next_cursor");
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto last = in.last_seq<project>(id);
  if (!last || *last == 0) {
    reply->problem(last ? make_error(ec::not_found, "there is no project " + id)
                        : last.error());
    return;
  }
  auto after = *cursor;
  std::vector<std::string> items;
  for (;;) {
    auto page = in.read<project>(id, after + 1, 500, 4u << 20);
    if (!page) {
      reply->problem(page.error());
      return;
    }
    for (auto& stored : *page) {
      after = stored.seq;
      auto event =
        wire::from_msgpack<entity::recorded<project_event>>(stored.payload);
      auto* charge =
        event ? std::get_if<charge_booked>(&event->event) : nullptr;
      if (charge == nullptr)
        continue;
      items.push_back(wire::to_json(ledger_entry{*charge, stored.seq}));
      if (items.size() == *limit) {
        reply->json(200, page_document(items, std::to_string(after)));
        return;
      }
    }
    if (page->empty()) {
      reply->json(200, page_document(items, ""));
      return;
    }
  }
}

void add_task(const scope& in, const http_request& request,
              const task_request& body, const responder_ptr& reply) {
  create_task what;
  what.title = body.title;
  what.description = body.description.value_or("");
  what.priority = body.priority.value_or(0);
  what.parent = body.parent;
  what.depends_on = body.depends_on.value_or(std::vector<std::string>{});
  what.labels = body.labels.value_or(std::vector<std::string>{});
  what.author = in.who().id;
  ask<project>(in, request.params.at("id"), what, reply,
               [reply](const entity::outcome<project>& x) {
                 for (auto& event : x.events)
                   if (auto* made = std::get_if<task_created>(&event))
                     reply_document(201, wire::to_json(made->task), reply);
               });
}

void list_tasks(const scope& in, const http_request& request,
                const responder_ptr& reply) {
  inspect<project>(in, request.params.at("id"), reply,
                   [=](const project_state& now) {
                     auto page = task_page(now, request);
                     if (page)
                       reply->json(200, std::move(*page));
                     else
                       reply->problem(page.error());
                   });
}

void reply_task(const scope& in, const std::string& project_id,
                const std::string& id, const responder_ptr& reply) {
  inspect<project>(in, project_id, reply, [=](const project_state& now) {
    auto i = now.tasks.find(id);
    if (i == now.tasks.end())
      reply->problem(make_error(ec::not_found, "project " + project_id
                                                 + " has no task " + id));
    else
      reply_document(200, wire::to_json(i->second), reply);
  });
}

void show_task(const scope& in, const http_request& request,
               const responder_ptr& reply) {
  reply_task(in, request.params.at("id"), request.params.at("task"), reply);
}

void change_task(const scope& in, const http_request& request,
                 const edit_request& body, const responder_ptr& reply) {
  auto list = [](auto& x) { return x.value_or(std::vector<std::string>{}); };
  edit_task what;
  what.task = request.params.at("task");
  what.edit.title = body.title;
  what.edit.description = body.description;
  what.edit.state = body.state;
  what.edit.priority = body.priority;
  what.edit.add_labels = list(body.add_labels);
  what.edit.remove_labels = list(body.remove_labels);
  what.edit.add_depends = list(body.add_depends);
  what.edit.remove_depends = list(body.remove_depends);
  ask_if_same<project>(
    in, request.params.at("id"), request,
    [id = what.task](const project_state& now) -> std::optional<std::string> {
      auto i = now.tasks.find(id);
      if (i == now.tasks.end())
        return std::nullopt;
      return wire::to_json(i->second);
    },
    what, reply,
    [=](const entity::outcome<project>&) {
      reply_task(in, request.params.at("id"), what.task, reply);
    });
}

void add_comment(const scope& in, const http_request& request,
                 const comment_request& body, const responder_ptr& reply) {
  comment_task what{request.params.at("task"), in.who().id, body.text};
  ask<project>(in, request.params.at("id"), what, reply,
               [=](const entity::outcome<project>&) {
                 reply_task(in, request.params.at("id"), what.task, reply);
               });
}

} // namespace

void add_project_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  using enum tenants::role;
  const names none;
  const auto work = permission::in_project(developer, "id").unaudited();
  auto add = [&](auto&&... xs) {
    to.push_back(api_route(context, std::forward<decltype(xs)>(xs)...));
  };
  add("GET", "/api/v1/projects", permission::somewhere(viewer),
      names{"limit", "cursor"}, "Projects",
      contract::gives<page_of<project_summary>>(), stay::blocking,
      list_projects);
  add("POST", "/api/v1/projects", permission::in_tenant(operator_role), none,
      "Makes a project", contract::gives<made_document>(201), stay::brief,
      add_project);
  add("GET", "/api/v1/projects/{id}", permission::in_project(viewer, "id"),
      none, "A project with its books and its queue",
      contract::gives<project_document>(), stay::brief, show_project);
  add("PATCH", "/api/v1/projects/{id}",
      permission::in_project(operator_role, "id"), none,
      "Changes the limits of a project: its budget, and runs at one time",
      contract::gives<project_document>(), stay::brief, change_limits);
  add("GET", "/api/v1/budgets", permission::somewhere(viewer),
      names{"limit", "cursor"}, "The budgets of projects, and what is left",
      contract::gives<page_of<budget_document>>(), stay::blocking,
      list_budgets);
  add("GET", "/api/v1/projects/{id}/ledger",
      permission::in_project(viewer, "id"), names{"limit", "cursor"},
      "What the runs of a project have spent, call by call",
      contract::gives<page_of<ledger_entry>>(), stay::blocking, ledger);
  add("POST", "/api/v1/projects/{id}/tasks", work, none, "Makes a task",
      contract::gives<task>(201), stay::brief, add_task);
  add(
    "GET", "/api/v1/projects/{id}/tasks", permission::in_project(viewer, "id"),
    names{"state", "label", "q", "limit", "cursor"}, "Tasks, most urgent first",
    contract::gives<page_of<task>>(), stay::brief, list_tasks);
  add("GET", "/api/v1/projects/{id}/tasks/{task}",
      permission::in_project(viewer, "id"), none, "A task",
      contract::gives<task>(), stay::brief, show_task);
  add("PATCH", "/api/v1/projects/{id}/tasks/{task}", work, none,
      "Changes a task", contract::gives<task>(), stay::brief, change_task);
  add("POST", "/api/v1/projects/{id}/tasks/{task}/comments", work, none,
      "Comments on a task", contract::gives<task>(), stay::brief, add_comment);
}

} // namespace machine::gateway

#include "deploy/cli/commands.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/told.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

/// Bodies of requests; what has no value is left out.
struct new_task {
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> parent;
  std::vector<std::string> labels;
  std::vector<std::string> depends_on;
  std::optional<uint32_t> priority;

  static constexpr const char* wire_name = "new_task";

  static constexpr auto fields() {
    return wire::members(wire::field{"title", &new_task::title},
                         wire::field{"description", &new_task::description},
                         wire::field{"parent", &new_task::parent},
                         wire::field{"labels", &new_task::labels},
                         wire::field{"depends_on", &new_task::depends_on},
                         wire::field{"priority", &new_task::priority});
  }
};

struct changed_task {
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> state;
  std::optional<uint32_t> priority;
  std::vector<std::string> add_labels;
  std::vector<std::string> remove_labels;
  std::vector<std::string> add_depends;
  std::vector<std::string> remove_depends;

  static constexpr const char* wire_name = "changed_task";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"title", &changed_task::title},
      wire::field{"description", &changed_task::description},
      wire::field{"state", &changed_task::state},
      wire::field{"priority", &changed_task::priority},
      wire::field{"add_labels", &changed_task::add_labels},
      wire::field{"remove_labels", &changed_task::remove_labels},
      wire::field{"add_depends", &changed_task::add_depends},
      wire::field{"remove_depends", &changed_task::remove_depends});
  }
};

struct new_project {
  std::string id;
  std::string name;
  std::optional<micro_usd> budget;
  std::optional<uint32_t> max_runs;

  static constexpr const char* wire_name = "new_project";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &new_project::id},
                         wire::field{"name", &new_project::name},
                         wire::field{"budget", &new_project::budget},
                         wire::field{"max_runs", &new_project::max_runs});
  }
};

std::string tasks_of(const std::string& project, const std::string& more = {}) {
  return "/api/v1/projects/" + escape(project) + "/tasks" + more;
}

std::vector<line> describe_task(const record& x) {
  std::vector<line> out{{{first_line(x.text("title")), style::bold},
                         {"  " + first_line(x.text("state")), style::cyan}}};
  for (auto& pair : show_pairs({{"task", x.text("id")},
                                {"part of", x.text("parent")},
                                {"depends on", x.words("depends_on")},
                                {"labels", x.words("labels")},
                                {"priority", x.text("priority")},
                                {"author", x.text("author")},
                                {"written", x.time("created_at")},
                                {"changed", x.time("updated_at")}}))
    out.push_back(std::move(pair));
  auto description = printable(x.text("description"));
  if (!description.empty()) {
    out.emplace_back();
    for (auto& text : wrap(description, 100))
      out.push_back({{text}});
  }
  for (auto& comment : x.list("comments")) {
    out.emplace_back();
    out.push_back({{first_line(comment.text("author")), style::bold},
                   {"  " + comment.time("at"), style::dim}});
    for (auto& text : wrap(printable(comment.text("text")), 98))
      out.push_back({{"  " + text}});
  }
  return out;
}

/// Of a queue, as many as are shown.
constexpr size_t max_shown_queue = 20;

std::vector<line> describe_project(const record& x, size_t width) {
  auto most = x.text("max_runs");
  auto out = show_pairs(
    {{"project", x.text("id")},
     {"name", x.text("name")},
     {"budget", x.money("budget")},
     {"spent", x.money("settled")},
     {"set aside", x.money("leased")},
     {"tasks", x.text("tasks")},
     {"at work",
      x.text("running") + (most.empty() ? "" : " of " + most)
        + (x.text("running") == "1" && most.empty() ? " run" : " runs")}});
  auto queue = x.list("queue");
  if (queue.empty())
    return out;
  table shown{{{"queue", column::right},
               {"priority", column::right},
               {"run"},
               {"since"}}};
  for (size_t i = 0; i < std::min(queue.size(), max_shown_queue); ++i)
    shown.add({queue[i].text("position"), queue[i].text("priority"),
               queue[i].text("run"), queue[i].time("since")});
  out.emplace_back();
  for (auto& row : shown.lines(width))
    out.push_back(std::move(row));
  if (queue.size() > max_shown_queue)
    out.push_back(
      {{"and " + std::to_string(queue.size() - max_shown_queue) + " more",
        style::dim}});
  return out;
}

} // namespace

exit_code perform(const session& in, const task_add& what) {
  return with_machine(in, [&](const api_client& api) {
    new_task body{what.title,  what.description, what.parent,
                  what.labels, what.depends_on,  what.priority};
    return told(
      in, api.post(tasks_of(what.project), wire::to_json(body)), "the new task",
      [](const record& x) { return std::vector<line>{{{x.text("id")}}}; });
  });
}

exit_code perform(const session& in, const task_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api,
      tasks_of(what.project,
               query({{"state", what.state}, {"label", what.label}})),
      what.limit,
      table{{{"task"},
             {"state"},
             {"priority", column::right},
             {"labels"},
             {"title"}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("id"), x.text("state"), x.text("priority"),
                x.words("labels"), x.text("title")};
      },
      "there are no such tasks; write one down: themachine task add \"...\"");
  });
}

exit_code perform(const session& in, const task_show& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.get(tasks_of(what.project, "/" + escape(what.id))),
                "task " + what.id, describe_task);
  });
}

exit_code perform(const session& in, const task_edit& what) {
  return with_machine(in, [&](const api_client& api) {
    changed_task body{what.title,       what.description,   what.state,
                      what.priority,    what.add_labels,    what.remove_labels,
                      what.add_depends, what.remove_depends};
    return told(in,
                api.patch(tasks_of(what.project, "/" + escape(what.id)),
                          wire::to_json(body)),
                "task " + what.id, describe_task);
  });
}

exit_code perform(const session& in, const task_comment& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent =
      api.post(tasks_of(what.project, "/" + escape(what.id) + "/comments"),
               R"({"text":)" + wire::to_json(what.text) + "}");
    if (!sent)
      return std::move(sent.error());
    if (in.global.json)
      in.print_json(*sent);
    return {};
  });
}

exit_code perform(const session& in, const project_add& what) {
  return with_machine(in, [&](const api_client& api) {
    new_project body{what.id, what.name.value_or(what.id), what.budget,
                     what.max_runs};
    return told(in, api.post("/api/v1/projects", wire::to_json(body)),
                "the new project",
                [&](const record&) { return std::vector<line>{{{what.id}}}; });
  });
}

exit_code perform(const session& in, const project_set& what) {
  std::string members;
  auto add = [&members](const char* name, const std::string& value) {
    members +=
      (members.empty() ? "\"" : ",\"") + std::string{name} + "\":" + value;
  };
  if (what.budget)
    add("budget", std::to_string(*what.budget));
  else if (what.no_budget)
    add("budget", "null");
  if (what.max_runs)
    add("max_runs", std::to_string(*what.max_runs));
  else if (what.no_max_runs)
    add("max_runs", "null");
  return with_machine(in, [&](const api_client& api) {
    return told(
      in, api.patch("/api/v1/projects/" + escape(what.id), "{" + members + "}"),
      "project " + what.id,
      [&](const record& x) { return describe_project(x, in.width); });
  });
}

exit_code perform(const session& in, const project_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/projects", what.limit,
      table{{{"project"},
             {"spent", column::right},
             {"set aside", column::right},
             {"budget", column::right},
             {"tasks", column::right},
             {"at work", column::right},
             {"queued", column::right},
             {"name"}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("id"),      x.money("settled"), x.money("leased"),
                x.money("budget"), x.text("tasks"),    x.text("running"),
                x.text("waiting"), x.text("name")};
      },
      "there are no projects");
  });
}

exit_code perform(const session& in, const project_show& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.get("/api/v1/projects/" + escape(what.id)),
                "project " + what.id,
                [&](const record& x) { return describe_project(x, in.width); });
  });
}

exit_code perform(const session& in, const project_ledger& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/projects/" + escape(what.id) + "/ledger", what.limit,
      table{{{"at"},
             {"run"},
             {"effect"},
             {"model"},
             {"in", column::right},
             {"out", column::right},
             {"cost", column::right}}},
      [](const record& x) -> std::vector<std::string> {
        auto usage = x.part("usage");
        return {x.time("at"),    x.text("run"),       x.text("effect"),
                x.text("model"), usage.text("input"), usage.text("output"),
                x.money("cost")};
      },
      "nothing was paid yet");
  });
}

} // namespace machine::cli

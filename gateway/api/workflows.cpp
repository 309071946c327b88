#include "gateway/api/ask.hpp"
#include "gateway/api/rows.hpp"
#include "gateway/api/workflow_texts.hpp"
#include "runtime/wire/together.hpp"

#include <algorithm>

/// Workflows of a project, by name and version, and those that come with the
/// machine.
namespace machine::gateway {

namespace {

using namespace orchestrator;

struct publish_request {
  /// YAML or JSON; its name is the one that it is published under.
  std::string text;
  /// For people: what is new.
  std::optional<std::string> note;

  static constexpr const char* wire_name = "workflow";
  static constexpr const char* schema_name = "new_workflow_version";

  static constexpr auto fields() {
    return wire::members(wire::field{"text", &publish_request::text},
                         wire::field{"note", &publish_request::note});
  }
};

/// A workflow that comes with the machine.
struct built_in_document {
  std::string name;
  std::string text;

  static constexpr const char* wire_name = "built_in_workflow";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &built_in_document::name},
                         wire::field{"text", &built_in_document::text});
  }
};

struct workflow_document {
  std::string name;
  std::string project;
  /// The newest first.
  std::vector<workflow_version> versions;

  static constexpr const char* wire_name = "workflow_document";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &workflow_document::name},
                         wire::field{"project", &workflow_document::project},
                         wire::field{"versions", &workflow_document::versions});
  }
};

struct version_document : workflow_version {
  std::string name;
  std::string project;
  std::string text;

  static constexpr const char* wire_name = "workflow_version_document";

  static constexpr auto fields() {
    return wire::together(
      wire::members(wire::field{"name", &version_document::name},
                    wire::field{"project", &version_document::project}),
      workflow_version::fields(),
      wire::members(wire::field{"text", &version_document::text}));
  }
};

std::string id_in(const http_request& request) {
  return workflow_id(request.params.at("id"), request.params.at("workflow"));
}

caf::error not_there(const http_request& request) {
  return make_error(ec::not_found,
                    "project " + request.params.at("id") + " has no workflow "
                      + wire::excerpt(request.params.at("workflow")));
}

std::optional<std::string> seen_workflow(const registered_state& now) {
  if (!now.listed)
    return std::nullopt;
  return wire::to_json(workflow_document{
    now.name, now.project, {now.versions.rbegin(), now.versions.rend()}});
}

void list_built_in(const scope& in, const http_request&,
                   const responder_ptr& reply) {
  std::vector<std::string> items;
  for (auto& [name, text] : in.facts().workflows)
    items.push_back(wire::to_json(built_in_document{name, text}));
  reply->json(200, page_document(items, ""));
}

void list_workflows(const scope& in, const http_request& request,
                    const responder_ptr& reply) {
  auto& project = request.params.at("id");
  check_home(in, project, std::nullopt, reply, [=] {
    reply_rows<registered_workflow, workflow_summary>(
      in, request, reply, {{"project", project}, {"listed", "true"}},
      [](auto&) { return true; });
  });
}

/// The version that *now* has of *text*, as it was published last.
void reply_published(const registered_state& now, const std::string& text,
                     int status, const responder_ptr& reply) {
  if (now.versions.empty()) {
    reply->problem(make_error(ec::internal, "the workflow has no version"));
    return;
  }
  version_document result;
  static_cast<workflow_version&>(result) = now.versions.back();
  result.name = now.name;
  result.project = now.project;
  result.text = text;
  reply->json(status, wire::to_json(result));
}

/// Whoever prints it in a terminal sees a text, and nothing else.
bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    auto x = static_cast<unsigned char>(c);
    return (x < 0x20 && c != '\n' && c != '\r' && c != '\t') || x == 0x7F;
  });
}

void publish(const scope& in, const http_request& request,
             const publish_request& body, const responder_ptr& reply) {
  auto& project = request.params.at("id");
  if (has_controls(body.text)) {
    reply->problem(make_error(ec::invalid_argument,
                              "the text has control characters; write them as "
                              "YAML escapes"));
    return;
  }
  auto graph = load_workflow(body.text, "workflow", workflows_for(in, project));
  if (!graph) {
    reply->problem(graph.error());
    return;
  }
  if (in.facts().workflows.contains(graph->name)) {
    reply->problem(
      make_error(ec::conflict, "a workflow " + graph->name
                                 + " comes with the machine; choose another "
                                   "name"));
    return;
  }
  publish_workflow what{project,
                        graph->name,
                        body.text,
                        workflow_hash(*graph),
                        body.note.value_or(""),
                        in.who().id};
  auto id = workflow_id(project, graph->name);
  auto made = [=](const entity::outcome<registered_workflow>& x) {
    auto status = x.events.empty() ? 200 : 201;
    inspect<registered_workflow>(
      in, id, reply, [=](const registered_state& now) {
        reply_published(now, what.text, status, reply);
      });
  };
  check_home(in, project, std::nullopt, reply,
             [=] { ask<registered_workflow>(in, id, what, reply, made); });
}

void show_workflow(const scope& in, const http_request& request,
                   const responder_ptr& reply) {
  inspect<registered_workflow>(in, id_in(request), reply,
                               [=](const registered_state& now) {
                                 if (auto text = seen_workflow(now))
                                   reply_document(200, std::move(*text), reply);
                                 else
                                   reply->problem(not_there(request));
                               });
}

void show_version(const scope& in, const http_request& request,
                  const responder_ptr& reply) {
  auto& word = request.params.at("version");
  inspect<registered_workflow>(
    in, id_in(request), reply, [=](const registered_state& now) {
      if (now.versions.empty()) {
        reply->problem(not_there(request));
        return;
      }
      auto wanted = word == "newest" && now.listed
                    ? now.versions.back().number
                    : number_of(word).value_or(0);
      auto i = std::find_if(now.versions.begin(), now.versions.end(),
                            [&](auto& x) { return x.number == wanted; });
      if (i == now.versions.end()) {
        reply->problem(make_error(ec::not_found, "workflow " + now.name
                                                   + " has no version "
                                                   + wire::excerpt(word)));
        return;
      }
      version_document result;
      static_cast<workflow_version&>(result) = *i;
      result.name = now.name;
      result.project = now.project;
      in_pool(in, reply, [=]() mutable {
        auto event =
          read_version(in, result.project, result.name, result.number);
        if (!event) {
          reply->problem(event.error());
          return;
        }
        result.text = std::move(event->text);
        reply_document(200, wire::to_json(result), reply);
      });
    });
}

void withdraw(const scope& in, const http_request& request,
              const responder_ptr& reply) {
  ask_if_same<registered_workflow>(
    in, id_in(request), request, seen_workflow, withdraw_workflow{in.who().id},
    reply, [=](auto&) { reply_status(200, "withdrawn", reply); });
}

} // namespace

void add_workflow_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  using enum tenants::role;
  const names none;
  auto add = [&](auto&&... xs) {
    to.push_back(api_route(context, std::forward<decltype(xs)>(xs)...));
  };
  const std::string all = "/api/v1/projects/{id}/workflows";
  const auto one = all + "/{workflow}";
  add("GET", "/api/v1/workflows", permission::anyone_known(), none,
      "Workflows that come with the machine",
      contract::gives<page_of<built_in_document>>(), stay::brief,
      list_built_in);
  add("GET", all, permission::in_project(viewer, "id"),
      names{"limit", "cursor"}, "Workflows of a project",
      contract::gives<page_of<workflow_summary>>(), stay::brief,
      list_workflows);
  add(
    "POST", all, permission::in_project(developer, "id"), none,
    "Publishes a workflow under the name that its text has, as a new version; "
    "200 and nothing new if it is the newest already",
    contract::gives<version_document>(201).or_status(200).repeatable(),
    stay::thinking, publish);
  add("GET", one, permission::in_project(viewer, "id"), none,
      "A workflow with its versions, the newest first",
      contract::gives<workflow_document>(), stay::brief, show_workflow);
  add("GET", one + "/versions/{version}", permission::in_project(viewer, "id"),
      none, "The text of a version, by its number, or of the newest",
      contract::gives<version_document>(), stay::brief, show_version);
  add("DELETE", one, permission::in_project(developer, "id"), none,
      "Takes a workflow off the list; its versions can be read and run still",
      contract::gives<status_document>(), stay::brief, withdraw);
}

} // namespace machine::gateway

#include "actors/orchestrator/scheduler/summary.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/body.hpp"
#include "gateway/api/rows.hpp"
#include "gateway/api/schedule_view.hpp"
#include "gateway/api/start_request.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/wire.hpp"

/// Schedules of a project.
namespace machine::gateway {

namespace {

using namespace orchestrator;

struct schedule_request {
  std::string name;
  std::string cron;
  std::optional<std::string> zone;
  std::optional<overlap_policy> overlap;
  std::optional<duration> catch_up_window;
  std::optional<uint32_t> catch_up;
  std::optional<timestamp> starts_at;
  std::optional<timestamp> ends_at;
  /// As the body of `POST /runs`, without the project.
  json_text run;

  static constexpr const char* wire_name = "schedule";
  static constexpr const char* schema_name = "new_schedule";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &schedule_request::name},
      wire::field{"cron", &schedule_request::cron},
      wire::field{"zone", &schedule_request::zone},
      wire::field{"overlap", &schedule_request::overlap},
      wire::field{"catch_up_window", &schedule_request::catch_up_window},
      wire::field{"catch_up", &schedule_request::catch_up},
      wire::field{"starts_at", &schedule_request::starts_at},
      wire::field{"ends_at", &schedule_request::ends_at},
      wire::field{"run", &schedule_request::run});
  }
};

/// What is missing stays; null takes a start or an end away.
struct schedule_changes {
  std::optional<std::string> cron;
  std::optional<std::string> zone;
  std::optional<overlap_policy> overlap;
  std::optional<duration> catch_up_window;
  std::optional<uint32_t> catch_up;
  std::optional<timestamp> starts_at;
  std::optional<timestamp> ends_at;
  std::optional<json_text> run;

  static constexpr const char* wire_name = "schedule";
  static constexpr const char* schema_name = "schedule_changes";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"cron", &schedule_changes::cron},
      wire::field{"zone", &schedule_changes::zone},
      wire::field{"overlap", &schedule_changes::overlap},
      wire::field{"catch_up_window", &schedule_changes::catch_up_window},
      wire::field{"catch_up", &schedule_changes::catch_up},
      wire::field{"starts_at", &schedule_changes::starts_at},
      wire::field{"ends_at", &schedule_changes::ends_at},
      wire::field{"run", &schedule_changes::run});
  }
};

struct schedule_pause_request {
  std::optional<std::string> reason;

  static constexpr const char* wire_name = "pause";
  static constexpr const char* schema_name = "schedule_pause";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"reason", &schedule_pause_request::reason});
  }
};

std::string id_in(const http_request& request) {
  return schedule_id(request.params.at("id"), request.params.at("schedule"));
}

/// Sets in *to* what *from* says of it.
template <class Request>
void take_times(const Request& from, schedule_spec& to) {
  auto take = [](auto& into, const auto& what) {
    if (what)
      into = *what;
  };
  take(to.zone, from.zone);
  take(to.overlap, from.overlap);
  take(to.catch_up_window, from.catch_up_window);
  take(to.catch_up, from.catch_up);
  take(to.starts_at, from.starts_at);
  take(to.ends_at, from.ends_at);
}

/// Goes on with the state of the schedule that *request* names.
template <class Then>
void with_schedule(const scope& in, const http_request& request,
                   const responder_ptr& reply, Then then) {
  auto id = id_in(request);
  inspect<run_schedule>(
    in, id, reply,
    [=, project = request.params.at("id"),
     name = request.params.at("schedule")](const run_schedule_state& now) {
      if (now.exists)
        then(id, now);
      else
        reply->problem(make_error(
          ec::not_found, "project " + project + " has no schedule " + name));
    });
}

/// What a client looks at; none: there is no such schedule.
std::optional<std::string> seen_document(const run_schedule_state& now) {
  if (!now.exists)
    return std::nullopt;
  return schedule_document(now, wall_clock());
}

void reply_schedule(const scope& in, const http_request& request,
                    const responder_ptr& reply, int status = 200) {
  with_schedule(
    in, request, reply, [=](const std::string&, const run_schedule_state& now) {
      reply_document(status, schedule_document(now, wall_clock()), reply);
    });
}

caf::expected<create_schedule> read_schedule(const scope& in,
                                             const http_request& request,
                                             const schedule_request& body) {
  create_schedule result;
  result.project = request.params.at("id");
  result.name = body.name;
  if (auto err = check_schedule_name(result.name))
    return err;
  auto run = read_body<start_request>(body.run.text);
  if (!run)
    return with_context("run", run.error());
  if (run->project && *run->project != result.project)
    return make_error(ec::invalid_argument,
                      "run: its project is that of the schedule, "
                        + result.project);
  run->project = result.project;
  auto wanted = request_of(in, *run);
  auto what = wanted ? prepare_run(std::move(*wanted))
                     : caf::expected<run_created>{wanted.error()};
  if (!what)
    return with_context("run", what.error());
  result.what = std::move(*what);
  result.spec.cron = body.cron;
  take_times(body, result.spec);
  return result;
}

void list_schedules(const scope& in, const http_request& request,
                    const responder_ptr& reply) {
  auto& project = request.params.at("id");
  check_home(in, project, std::nullopt, reply, [=] {
    reply_rows<run_schedule, schedule_summary>(
      in, request, reply, {{"project", project}, {"listed", "true"}},
      [](auto&) { return true; });
  });
}

void add_schedule(const scope& in, const http_request& request,
                  const schedule_request& body, const responder_ptr& reply) {
  auto what = read_schedule(in, request, body);
  if (!what) {
    reply->problem(what.error());
    return;
  }
  auto made = request;
  made.params["schedule"] = what->name;
  auto make = [=] {
    ask<run_schedule>(in, id_in(made), *what, reply,
                      [=](auto&) { reply_schedule(in, made, reply, 201); });
  };
  check_home(in, what->project, what->what.task, reply, std::move(make));
}

void show_schedule(const scope& in, const http_request& request,
                   const responder_ptr& reply) {
  reply_schedule(in, request, reply);
}

/// What *now* becomes with what *request* says.
caf::expected<change_schedule> changed(const scope& in,
                                       const http_request& request,
                                       const schedule_changes& body,
                                       const run_schedule_state& now) {
  change_schedule result{now.version, now.spec, now.what};
  if (body.cron)
    result.spec.cron = *body.cron;
  take_times(body, result.spec);
  if (!body.starts_at && names_member(request, "starts_at"))
    result.spec.starts_at.reset();
  if (!body.ends_at && names_member(request, "ends_at"))
    result.spec.ends_at.reset();
  if (!body.run)
    return result;
  auto run = read_body<start_changes>(body.run->text);
  if (!run)
    return with_context("run", run.error());
  auto wanted = request_as(in, now.what, *run);
  auto what = wanted ? prepare_run(std::move(*wanted))
                     : caf::expected<run_created>{wanted.error()};
  if (!what)
    return with_context("run", what.error());
  result.what = std::move(*what);
  return result;
}

void edit_schedule(const scope& in, const http_request& request,
                   const schedule_changes& body, const responder_ptr& reply) {
  with_schedule(in, request, reply,
                [=](const std::string& id, const run_schedule_state& now) {
                  // A workflow is loaded for it, which takes a while.
                  in_thought(in, reply, [=] {
                    auto what = changed(in, request, body, now);
                    if (!what) {
                      reply->problem(what.error());
                      return;
                    }
                    auto change = [=] {
                      ask_if_same<run_schedule>(
                        in, id, request, seen_document, *what, reply,
                        [=](auto&) { reply_schedule(in, request, reply); });
                    };
                    if (what->what == now.what)
                      change();
                    else
                      check_home(in, now.what.project, what->what.task, reply,
                                 std::move(change));
                  });
                });
}

/// Has the schedule decide *what*, and answers with what it is then.
void act_on_schedule(const scope& in, const http_request& request,
                     const responder_ptr& reply, schedule_command what) {
  ask<run_schedule>(in, id_in(request), std::move(what), reply,
                    [=](auto&) { reply_schedule(in, request, reply); });
}

void remove_schedule(const scope& in, const http_request& request,
                     const responder_ptr& reply) {
  ask_if_same<run_schedule>(
    in, id_in(request), request, seen_document, delete_schedule{in.who().id},
    reply, [=](auto&) { reply_status(200, "deleted", reply); });
}

void hold_schedule(const scope& in, const http_request& request,
                   const std::optional<schedule_pause_request>& body,
                   const responder_ptr& reply) {
  auto what = body.value_or(schedule_pause_request{});
  act_on_schedule(in, request, reply,
                  pause_schedule{in.who().id, what.reason.value_or("")});
}

void release_schedule(const scope& in, const http_request& request,
                      const responder_ptr& reply) {
  act_on_schedule(in, request, reply, resume_schedule{in.who().id});
}

/// What has become of a firing that somebody asked for.
struct firing_document {
  /// `begun`, or `waiting` for an earlier one.
  std::string status;
  std::optional<std::string> run;

  static constexpr const char* wire_name = "triggered";

  static constexpr auto fields() {
    return wire::members(wire::field{"status", &firing_document::status},
                         wire::field{"run", &firing_document::run});
  }
};

void fire_schedule(const scope& in, const http_request& request,
                   const responder_ptr& reply) {
  ask<run_schedule>(
    in, id_in(request), trigger_schedule{in.who().id}, reply,
    [=](const entity::outcome<run_schedule>& x) {
      for (auto& event : x.events)
        if (auto* began = std::get_if<firing_began>(&event)) {
          reply->json(202, wire::to_json(firing_document{"begun", began->run}));
          return;
        }
      reply->json(202, wire::to_json(firing_document{"waiting", {}}));
    });
}

} // namespace

void add_schedule_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  using enum tenants::role;
  const names none;
  const auto shown = contract::gives<schedule_view>().repeatable();
  auto add = [&](auto&&... xs) {
    to.push_back(api_route(context, std::forward<decltype(xs)>(xs)...));
  };
  const std::string all = "/api/v1/projects/{id}/schedules";
  const auto one = all + "/{schedule}";
  add("GET", all, permission::in_project(viewer, "id"),
      names{"limit", "cursor"}, "Schedules of a project",
      contract::gives<page_of<schedule_summary>>(), stay::brief,
      list_schedules);
  add("POST", all, permission::in_project(operator_role, "id"), none,
      "Makes a schedule", contract::gives<schedule_view>(201), stay::thinking,
      add_schedule);
  add("GET", one, permission::in_project(viewer, "id"), none,
      "A schedule with its last and its next firings", shown, stay::brief,
      show_schedule);
  add("PATCH", one, permission::in_project(operator_role, "id"), none,
      "Changes a schedule", shown, stay::brief, edit_schedule);
  add("DELETE", one, permission::in_project(operator_role, "id"), none,
      "Deletes a schedule; its runs go on", contract::gives<status_document>(),
      stay::brief, remove_schedule);
  add("POST", one + "/pause", permission::in_project(operator_role, "id"), none,
      "Lets a schedule not fire until it is resumed", shown, stay::brief,
      hold_schedule);
  add("POST", one + "/resume", permission::in_project(operator_role, "id"),
      none, "Lets a schedule fire again", shown, stay::brief, release_schedule);
  add("POST", one + "/trigger", permission::in_project(operator_role, "id"),
      none, "Begins what a schedule begins, now",
      contract::gives<firing_document>(202), stay::brief, fire_schedule);
}

} // namespace machine::gateway

#include "actors/orchestrator/retention/erase.hpp"
#include "actors/tracker/summary.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/events.hpp"
#include "gateway/api/run_view.hpp"
#include "gateway/api/start_request.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::gateway {

namespace {

using namespace orchestrator;

/// Bound on the key of a signal, in bytes.
constexpr size_t max_key = 255;

struct cancel_request {
  std::optional<std::string> reason;
  std::optional<bool> undo;

  static constexpr const char* wire_name = "cancel";

  static constexpr auto fields() {
    return wire::members(wire::field{"reason", &cancel_request::reason},
                         wire::field{"undo", &cancel_request::undo});
  }
};

struct pause_request {
  std::optional<std::string> reason;

  static constexpr const char* wire_name = "pause";

  static constexpr auto fields() {
    return wire::members(wire::field{"reason", &pause_request::reason});
  }
};

struct signal_request {
  std::string name;
  std::optional<json_text> payload;
  std::optional<std::string> key;

  static constexpr const char* wire_name = "signal";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &signal_request::name},
                         wire::field{"payload", &signal_request::payload},
                         wire::field{"key", &signal_request::key});
  }
};

void start(const scope& in, const http_request& request,
           const start_request& body, const responder_ptr& reply) {
  auto wanted = request_of(in, body);
  if (!wanted) {
    reply->problem(wanted.error());
    return;
  }
  auto& what = *wanted;
  if (auto err = check_role(in, what.project, tenants::role::developer)) {
    reply->problem(err);
    return;
  }
  // Begun again after that the machine died, it is the same run.
  if (auto i = request.headers.find("idempotency-key");
      i != request.headers.end())
    what.key = kept_answer_id(in.who(), i->second);
  check_home(in, what.project, what.task, reply,
             [=, what = std::make_shared<const run_request>(what)] {
               in.start_run(*what, [=](caf::expected<std::string> id) {
                 if (!id)
                   reply->problem(id.error());
                 else
                   reply->json(
                     201, wire::to_json(started_document{
                            *id, what->project, what->title, std::nullopt}));
               });
             });
}

/// Rows that are looked at for one page.
constexpr size_t max_rows_seen = 5'000;

void list(const scope& in, const http_request& request,
          const responder_ptr& reply) {
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto archived = request.query_or("archived", "false");
  if (archived != "true" && archived != "false" && archived != "all") {
    reply->problem(
      make_error(ec::invalid_argument, "archived is true, false or all, not \""
                                         + archived.substr(0, 40) + "\""));
    return;
  }
  store::query what;
  what.limit = *limit;
  what.cursor = request.query_or("cursor", "");
  for (auto name : {"state", "project"})
    if (auto i = request.query.find(name); i != request.query.end())
      what.where[name] = i->second;
  if (archived == "true")
    what.where["open"] = "archived";
  std::vector<std::string> items;
  // There is no index of what is not archived. What is, is old, and comes last.
  for (size_t seen = 0;;) {
    auto page = in.list<run>(what);
    if (!page) {
      reply->problem(page.error());
      return;
    }
    seen += what.limit;
    for (auto& row : page->rows)
      if (auto x = wire::from_msgpack<run_summary>(row.summary.body))
        if ((archived != "false" || !x->archived)
            && in.who().may_in(x->project, tenants::role::viewer))
          items.push_back(wire::to_json(*x));
    what.cursor = page->next_cursor;
    what.limit = *limit - items.size();
    if (what.limit == 0 || what.cursor.empty() || seen >= max_rows_seen)
      break;
  }
  reply->json(200, page_document(items, what.cursor));
}

/// Where the run *id* stands in the queue of its project; none: it does not.
std::optional<uint64_t> position_of(const scope& in, const run_state& now,
                                    const std::string& id) {
  if (now.phase != run_phase::queued)
    return std::nullopt;
  auto project = in.replay<tracker::project>(now.created.project);
  if (project)
    for (auto& x : tracker::queue_of(project->state))
      if (x.run == id)
        return x.position;
  return std::nullopt;
}

void answer_with(const stamp& at, std::string document,
                 const responder_ptr& reply) {
  reply->answer(
    {200, "application/json", std::move(document), {{"ETag", to_tag(at)}}});
}

/// Reads the log itself: a client that goes on from the number in the answer
/// must miss nothing, and get nothing that it has already. Blocks.
void show_stored(const scope& in, const std::string& id,
                 const responder_ptr& reply) {
  auto before = in.stamp_of<run>(id);
  auto now = in.replay<run>(id);
  auto after = in.stamp_of<run>(id);
  if (!now || now->last_seq == 0) {
    reply->problem(now ? make_error(ec::not_found, "there is no run " + id)
                       : now.error());
    return;
  }
  auto position = position_of(in, now->state, id);
  auto document = run_document(now->state, id, now->last_seq, position);
  // Its place in the queue changes without an event of its own; and what was
  // begun anew meanwhile may be either.
  auto is_one =
    before && after && before->created_at == after->created_at && !position;
  if (!is_one) {
    reply->json(200, std::move(document));
    return;
  }
  stamp at{after->created_at, now->last_seq};
  in.documents().keep(in.stream<run>(id), at,
                      std::make_shared<const std::string>(document));
  answer_with(at, std::move(document), reply);
}

/// A run that has not changed since somebody looked at it is given out again:
/// whether it has is one look into memory, and needs no other thread.
void show(const scope& in, const http_request& request,
          const responder_ptr& reply) {
  auto& id = request.params.at("id");
  if (auto err = check_name<run>(in, id)) {
    reply->problem(err);
    return;
  }
  auto stream = in.stream<run>(id);
  auto version = in.version<run>(id);
  if (version)
    if (auto same = in.documents().find(stream, *version)) {
      answer_with(same->at, *same->made, reply);
      return;
    }
  auto at = in.stamp_of<run>(id);
  auto known = at ? in.documents().find(stream, *at, version) : nullptr;
  if (known)
    answer_with(*at, *known, reply);
  else
    in_pool(in, reply, [=] { show_stored(in, id, reply); });
}

void events(const scope& in, const http_request& request,
            const responder_ptr& reply) {
  reply_events(in, in.run_log(request.params.at("id")), request, reply);
}

/// Has a run decide *what*, and answers with *status*.
void act(const scope& in, const http_request& request,
         const responder_ptr& reply, run_command what, int code,
         const char* status) {
  ask<run>(
    in, request.params.at("id"), std::move(what), reply,
    [=](const entity::outcome<run>&) { reply_status(code, status, reply); });
}

void cancel(const scope& in, const http_request& request,
            const std::optional<cancel_request>& given,
            const responder_ptr& reply) {
  auto body = given.value_or(cancel_request{});
  auto mode = body.undo.value_or(true) ? cancel_mode::undo : cancel_mode::leave;
  act(in, request, reply,
      cancel_run{in.who().id, body.reason.value_or(""), mode}, 202,
      "cancelling");
}

void pause(const scope& in, const http_request& request,
           const std::optional<pause_request>& given,
           const responder_ptr& reply) {
  auto body = given.value_or(pause_request{});
  act(in, request, reply, pause_run{in.who().id, body.reason.value_or("")}, 200,
      "paused");
}

void archive(const scope& in, const http_request& request,
             const responder_ptr& reply) {
  act(in, request, reply, archive_run{in.who().id}, 200, "archived");
}

void unarchive(const scope& in, const http_request& request,
               const responder_ptr& reply) {
  act(in, request, reply, unarchive_run{in.who().id}, 200, "unarchived");
}

void erase(const scope& in, const http_request& request,
           const responder_ptr& reply) {
  auto id = in.key<run>(request.params.at("id"));
  auto problem = check_name<run>(in, id.id);
  if (!problem)
    problem = in.prepare_to_erase(id.id);
  if (problem) {
    reply->problem(problem);
    return;
  }
  serve(in, reply, [=](caf::event_based_actor* self) {
    self->request(in.region<run>(), ask_patience, atom::erase_v, id)
      .then([=](bool) { reply_status(200, "erased", reply); },
            [=](const caf::error& why) { reply->problem(why); });
  });
}

void go_on(const scope& in, const http_request& request,
           const responder_ptr& reply) {
  act(in, request, reply, resume_run{in.who().id}, 200, "running");
}

void signal(const scope& in, const http_request& request,
            const signal_request& body, const responder_ptr& reply) {
  if (body.key && (body.key->empty() || body.key->size() > max_key)) {
    reply->problem(make_error(ec::invalid_argument, "key has 1 to 255 bytes"));
    return;
  }
  act(in, request, reply,
      signal_run{body.name, body.payload.value_or(json_text{}), in.who().id,
                 body.key},
      202, "sent");
}

void diff(const scope& in, const http_request& request,
          const responder_ptr& reply) {
  auto& id = request.params.at("id");
  inspect<run>(in, id, reply, [=](const run_state& now) {
    if (!now.published) {
      reply->problem(
        make_error(ec::not_found, "run " + id + " has published nothing yet"));
      return;
    }
    in_pool(in, reply, [=, hash = now.published->diff] {
      auto content = in.content(hash);
      if (!content)
        reply->problem(content.error());
      else
        reply->reply(200, "text/x-diff; charset=utf-8",
                     std::string{as_text(*content)});
    });
  });
}

/// A hash says nothing of whose the content is: it has to be the run's.
void artefact(const scope& in, const http_request& request,
              const responder_ptr& reply) {
  auto& id = request.params.at("id");
  auto& hash = request.params.at("hash");
  auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  };
  if (hash.size() != 64 || !std::all_of(hash.begin(), hash.end(), is_digit)) {
    reply->problem(make_error(ec::invalid_argument,
                              "an artefact is named by 64 hexadecimal digits"));
    return;
  }
  auto known = in.has_artefact(id, hash);
  auto content = known ? caf::expected<bytes>{make_error(
                   ec::not_found, "run " + id + " has no artefact " + hash)}
                       : caf::expected<bytes>{known.error()};
  if (known && *known)
    content = in.content(hash);
  if (!content) {
    reply->problem(content.error());
    return;
  }
  reply->answer({200,
                 "application/octet-stream",
                 std::string{as_text(*content)},
                 {{"ETag", "\"" + hash + "\""}}});
}

} // namespace

void add_run_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  using enum tenants::role;
  const names none;
  const auto done = contract::gives<status_document>().repeatable();
  // The log of the run says who did it.
  const auto work = permission::of_run(developer).unaudited();
  auto add = [&](auto&&... xs) {
    to.push_back(api_route(context, std::forward<decltype(xs)>(xs)...));
  };
  add("POST", "/api/v1/runs", permission::somewhere(developer).unaudited(),
      none, "Starts a run", contract::gives<started_document>(201).repeatable(),
      stay::thinking, start);
  add("GET", "/api/v1/runs", permission::somewhere(viewer),
      names{"state", "project", "archived", "limit", "cursor"},
      "Runs, newest first; without those that are archived, unless "
      "archived is true (only those) or all",
      contract::gives<page_of<run_summary>>(), stay::blocking, list);
  add("GET", "/api/v1/runs/{id}", permission::of_run(viewer), none,
      "A run with its steps", contract::gives<run_view>(), stay::brief, show);
  add("GET", "/api/v1/runs/{id}/events", permission::of_run(viewer),
      names{"after", "limit"}, "The events of a run, as a page or as a stream",
      run_log_contract(), stay::blocking, events);
  add("POST", "/api/v1/runs/{id}/cancel", work, none, "Asks a run to end",
      contract::gives<status_document>(202).repeatable(), stay::brief, cancel);
  add("POST", "/api/v1/runs/{id}/pause", work, none,
      "Lets a run begin nothing new until it is resumed", done, stay::brief,
      pause);
  add("POST", "/api/v1/runs/{id}/resume", work, none, "Lets a run go on", done,
      stay::brief, go_on);
  add("POST", "/api/v1/runs/{id}/archive", work, none,
      "Puts a run that has ended away", done, stay::brief, archive);
  add("POST", "/api/v1/runs/{id}/unarchive", work, none,
      "Takes a run out of the archive", done, stay::brief, unarchive);
  add("DELETE", "/api/v1/runs/{id}", permission::of_run(operator_role), none,
      "Erases a run that has ended; its branch and its charges stay", done,
      stay::blocking, erase);
  add("POST", "/api/v1/runs/{id}/signals", work, none,
      "Sends a signal that a step waits for",
      contract::gives<status_document>(202), stay::brief, signal);
  add("GET", "/api/v1/runs/{id}/artefacts/{hash}", permission::of_run(viewer),
      none, "Content that the events of a run refer to by its hash",
      contract::gives_content("application/octet-stream"), stay::blocking,
      artefact);
  add("GET", "/api/v1/runs/{id}/diff", permission::of_run(viewer), none,
      "What a run has changed",
      contract::gives_content("text/x-diff; charset=utf-8"), stay::brief, diff);
}

} // namespace machine::gateway

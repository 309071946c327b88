#pragma once

#include "gateway/api/body.hpp"
#include "gateway/api/documents.hpp"
#include "gateway/api/scope.hpp"
#include "gateway/http/tags.hpp"
#include "runtime/store/check.hpp"

#include <caf/event_based_actor.hpp>

#include <charconv>
#include <exception>

/// How a handler speaks to entities. Included by the resources alone.
namespace machine::gateway {

/// How long entities may take to answer.
constexpr std::chrono::seconds ask_patience{30};

/// Spawns an actor that serves *reply* and ends before the node does.
template <class Serve>
void serve(const scope& in, const responder_ptr& reply, Serve how) {
  if (!in.spawn(std::move(how)))
    reply->problem(make_error(ec::unavailable, "the machine is stopping"));
}

/// `invalid_argument` if no entity can have the name *id*. To have it loaded in
/// order to hear that costs an actor its life, and its callers with it.
template <class E>
caf::error check_name(const scope& in, const std::string& id) {
  if (auto err = store::check_stream(in.stream<E>(id)))
    return with_context(std::string{E::kind} + " " + id.substr(0, 64), err);
  return caf::none;
}

/// Has an entity decide *what*; *then* gets the outcome on a thread of the
/// actors, and problems go to the client.
template <class E, class Then>
void ask(const scope& in, const std::string& id, typename E::command what,
         responder_ptr reply, Then then) {
  if (auto err = check_name<E>(in, id)) {
    reply->problem(err);
    return;
  }
  serve(in, reply, [=](caf::event_based_actor* self) {
    self
      ->request(in.region<E>(), ask_patience, atom::command_v, in.key<E>(id),
                what)
      .then([=](const entity::outcome<E>& x) { then(x); },
            [=](const caf::error& why) { reply->problem(why); });
  });
}

/// Looks at the state of an entity.
template <class E, class Then>
void inspect(const scope& in, const std::string& id, responder_ptr reply,
             Then then) {
  if (auto err = check_name<E>(in, id)) {
    reply->problem(err);
    return;
  }
  serve(in, reply, [=](caf::event_based_actor* self) {
    self->request(in.region<E>(), ask_patience, atom::inspect_v, in.key<E>(id))
      .then([=](const typename E::state& x) { then(x); },
            [=](const caf::error& why) { reply->problem(why); });
  });
}

/// Times that a change is tried again because somebody else was faster with
/// another.
constexpr size_t max_tries = 10;

/// The same as `ask`, if what the client has seen of the entity still is so:
/// `changed` if the `If-Match` of *request* does not have the tag of
/// *document*, which makes of a state what the client looks at (RFC 9110,
/// section 13.1.1). None: there is no such thing, and the entity says so.
template <class E, class Document, class Then>
void ask_if_same(const scope& in, const std::string& id,
                 const http_request& request, Document document,
                 typename E::command what, responder_ptr reply, Then then,
                 size_t tries = 1) {
  auto known = request.header_or("if-match", "");
  if (known.empty()) {
    ask<E>(in, id, std::move(what), std::move(reply), std::move(then));
    return;
  }
  if (auto err = check_name<E>(in, id)) {
    reply->problem(err);
    return;
  }
  // Before the state, which may be of later, but of no earlier event.
  auto seen = in.last_seq<E>(id);
  if (!seen) {
    reply->problem(seen.error());
    return;
  }
  inspect<E>(in, id, reply, [=](const typename E::state& now) {
    auto text = document(now);
    if (text && !has_tag(known, tag_of(*text), comparison::strong)) {
      reply->problem(make_error(ec::changed, "this is no longer what If-Match "
                                             "says; look at it again"));
      return;
    }
    serve(in, reply, [=](caf::event_based_actor* self) {
      self
        ->request(in.region<E>(), ask_patience, atom::command_v, in.key<E>(id),
                  what, *seen)
        .then([=](const entity::outcome<E>& x) { then(x); },
              [=](const caf::error& why) {
                if (code_of(why) == ec::changed && tries < max_tries)
                  ask_if_same<E>(in, id, request, document, what, reply, then,
                                 tries + 1);
                else
                  reply->problem(why);
              });
    });
  });
}

/// Answers with what a client may look at and change.
void reply_document(int status, std::string document,
                    const responder_ptr& reply);

/// Runs *job* by *post*, where it may block; what it throws is the machine's
/// fault.
template <class Post>
void do_safely(const Post& post, const responder_ptr& reply,
               std::function<void()> job) {
  auto safely = [reply, job = std::move(job)] {
    try {
      job();
    } catch (const std::exception& x) {
      reply->problem(make_error(ec::internal,
                                std::string{"this request cannot be answered: "}
                                  + x.what()));
    }
  };
  if (caf::error err = post(std::move(safely)))
    reply->problem(err);
}

inline void in_pool(const scope& in, const responder_ptr& reply,
                    std::function<void()> job) {
  do_safely([&](auto x) { return in.post(std::move(x)); }, reply,
            std::move(job));
}

/// Where what users have written is worked on; see `scope::think`.
inline void in_thought(const scope& in, const responder_ptr& reply,
                       std::function<void()> job) {
  do_safely([&](auto x) { return in.think(std::move(x)); }, reply,
            std::move(job));
}

/// Goes on with *then*, where it may block, if *project* is there and, with a
/// *task*, has that: a run without them would fail, or count for nothing, and
/// nobody would see why.
template <class Then>
void check_home(const scope& in, const std::string& project,
                const std::optional<std::string>& task,
                const responder_ptr& reply, Then then) {
  ask<tracker::project>(in, project, tracker::check_run{task}, reply,
                        [=](const entity::outcome<tracker::project>&) {
                          in_pool(in, reply, then);
                        });
}

/// Answers with what has become of something.
void reply_status(int code, const char* status, const responder_ptr& reply);

/// `denied` unless whoever asks is *need* in *project*.
caf::error check_role(const scope& in, const std::string& project,
                      tenants::role need);

/// A handler of a resource.
using api_handler =
  std::function<void(const scope&, const http_request&, const responder_ptr&)>;

/// A handler of something that concerns the machine and all of its tenants.
using machine_handler = void (*)(const context_ptr&, const http_request&,
                                 const responder_ptr&);

/// Where a handler runs.
enum class stay : uint8_t { brief, blocking, thinking };

/// A handler whose body was read for it.
template <class Body>
using body_handler = void (*)(const scope&, const http_request&, const Body&,
                              const responder_ptr&);

template <class Body>
using machine_body_handler = void (*)(const context_ptr&, const http_request&,
                                      const Body&, const responder_ptr&);

/// A route to a resource of a tenant. A body for which there is no handler is
/// refused.
route api_route(const context_ptr& context, const char* method,
                std::string pattern, permission who,
                std::set<std::string> query, const char* summary, contract what,
                stay how, api_handler handler);

/// Has *handle* go on with the body of *request*. A body that is
/// `std::optional` may be missing.
template <class Body, class Handle>
void with_body(const http_request& request, const responder_ptr& reply,
               Handle handle) {
  if constexpr (wire::is_optional<Body>) {
    if (request.body.empty()) {
      handle(Body{});
      return;
    }
    with_body<typename Body::value_type>(
      request, reply, [&](const auto& x) { handle(Body{x}); });
  } else {
    auto body = body_of<Body>(request);
    if (body)
      handle(*body);
    else
      reply->problem(body.error());
  }
}

/// *what* with the body *Body*.
template <class Body>
contract with_taken(contract what) {
  using kind = contract::body_kind;
  if constexpr (wire::is_optional<Body>)
    return std::move(what).takes<typename Body::value_type>(kind::optional);
  else
    return std::move(what).takes<Body>(kind::required);
}

/// The same for a handler that gets its body.
template <class Body>
route api_route(const context_ptr& context, const char* method,
                std::string pattern, permission who,
                std::set<std::string> query, const char* summary, contract what,
                stay how, body_handler<Body> handler) {
  auto read = [handler](const scope& in, const http_request& request,
                        const responder_ptr& reply) {
    with_body<Body>(request, reply, [&](const Body& body) {
      handler(in, request, body, reply);
    });
  };
  return api_route(context, method, std::move(pattern), std::move(who),
                   std::move(query), summary, with_taken<Body>(std::move(what)),
                   how, api_handler{std::move(read)});
}

/// A route to something of the machine.
route machine_route(const context_ptr& context, const char* method,
                    std::string pattern, permission who,
                    std::set<std::string> query, const char* summary,
                    contract what, stay how, machine_handler handler);

template <class Body>
route machine_route(const context_ptr& context, const char* method,
                    std::string pattern, permission who,
                    std::set<std::string> query, const char* summary,
                    contract what, stay how,
                    machine_body_handler<Body> handler) {
  auto read = [context, handler](const scope&, const http_request& request,
                                 const responder_ptr& reply) {
    with_body<Body>(request, reply, [&](const Body& body) {
      handler(context, request, body, reply);
    });
  };
  return api_route(context, method, std::move(pattern), std::move(who),
                   std::move(query), summary, with_taken<Body>(std::move(what)),
                   how, api_handler{std::move(read)});
}

/// A number in decimal digits.
inline std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t x = 0;
  auto end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, x);
  if (code != std::errc{} || stop != end)
    return std::nullopt;
  return x;
}

/// `{"items":[...],"next_cursor":"..."}`
std::string page_document(const std::vector<std::string>& items,
                          const std::string& next_cursor);

/// The `limit` of a request, 1 to 1,000.
caf::expected<size_t> limit_of(const http_request& from);

/// The instant *name* of a query; none: there is none.
caf::expected<std::optional<timestamp>> time_of(const http_request& from,
                                                const std::string& name);

void add_run_routes(route_table& to, const context_ptr& context);
void add_answer_routes(route_table& to, const context_ptr& context);
void add_fork_routes(route_table& to, const context_ptr& context);
void add_project_routes(route_table& to, const context_ptr& context);
void add_cost_routes(route_table& to, const context_ptr& context);
void add_spending_routes(route_table& to, const context_ptr& context);
void add_decision_routes(route_table& to, const context_ptr& context);
void add_schedule_routes(route_table& to, const context_ptr& context);
void add_workflow_routes(route_table& to, const context_ptr& context);
void add_health_routes(route_table& to, const context_ptr& context);
void add_machine_routes(route_table& to, const context_ptr& context);
void add_model_routes(route_table& to, const context_ptr& context);
void add_topic_routes(route_table& to, const context_ptr& context);
void add_socket_route(route_table& to, const context_ptr& context);
void add_tenant_routes(route_table& to, const context_ptr& context);
void add_principal_routes(route_table& to, const context_ptr& context);
void add_key_routes(route_table& to, const context_ptr& context);
void add_session_routes(route_table& to, const context_ptr& context);
void add_password_routes(route_table& to, const context_ptr& context);
void add_issuer_routes(route_table& to, const context_ptr& context);
void add_store_routes(route_table& to, const context_ptr& context);
void add_run_part_routes(route_table& to, const context_ptr& context);
void add_node_routes(route_table& to, const context_ptr& context);
void add_audit_routes(route_table& to, const context_ptr& context);
void add_secret_routes(route_table& to, const context_ptr& context);
void add_model_call_routes(route_table& to, const context_ptr& context);
void add_verdict_routes(route_table& to, const context_ptr& context);

} // namespace machine::gateway

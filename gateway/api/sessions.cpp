#include "actors/tenants/bounds.hpp"
#include "actors/tenants/views.hpp"
#include "gateway/api/password_work.hpp"
#include "gateway/identity/authorize.hpp"
#include "gateway/identity/new_key.hpp"
#include "runtime/wire/together.hpp"

/// Who has signed in with a password. A session is a bearer like a key; no
/// cookie is ever set, so no page can have a browser act for somebody.
namespace machine::gateway {

namespace {

using namespace tenants;

/// Bound on a request with passwords, in bytes.
constexpr size_t max_password_body = 16u << 10;

struct session_request {
  /// None: the one of who has the machine for themselves.
  std::optional<std::string> tenant;
  std::string principal;
  std::string password;
  /// For people: where it is used.
  std::optional<std::string> name;

  static constexpr const char* wire_name = "session";
  static constexpr const char* schema_name = "new_session";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &session_request::tenant},
                         wire::field{"principal", &session_request::principal},
                         wire::field{"password", &session_request::password},
                         wire::field{"name", &session_request::name});
  }
};

/// A session as its owner sees it.
struct session_document : key_view {
  /// Whether it is the one that asks.
  bool current = false;

  static constexpr const char* wire_name = "session";

  static constexpr auto fields() {
    return wire::together(
      key_view::fields(),
      wire::members(wire::field{"current", &session_document::current}));
  }
};

/// A session that has just begun.
struct new_session_document {
  /// Shown this once.
  std::string token;
  key_view session;

  static constexpr const char* wire_name = "begun_session";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"token", &new_session_document::token},
      wire::field{"session", &new_session_document::session});
  }
};

/// Begins a session of who has said the right password.
void begin_session(const scope& in, const password_match& match,
                   const std::string& name, const responder_ptr& reply) {
  auto made = new_key(in.tenant(), security::token_kind::session);
  if (!made) {
    reply->problem(made.error());
    return;
  }
  add_key what;
  what.id = made->id;
  what.kind = key_kind::session;
  what.principal = match.principal;
  what.name = name;
  what.hash = made->hash;
  what.expires_at = wall_clock() + in.passwords().rules().session_life;
  what.by = match.principal;
  what.password_at = match.set_at;
  auto secret = std::make_shared<const security::secret_text>(made->text);
  security::wipe(made->text);
  auto show = [=](const tenant_state& now) {
    auto i = now.keys.find(what.id);
    if (i == now.keys.end())
      reply->problem(wrong_password());
    else
      reply->json(201, wire::to_json(new_session_document{
                         secret->text, view_of(i->second, wall_clock())}));
  };
  auto refuse = [=](const caf::error& why) {
    // They, or their password, have gone since it was looked at.
    auto code = code_of(why);
    auto gone = code == ec::conflict || code == ec::not_found;
    reply->problem(gone ? wrong_password() : why);
  };
  serve(in, reply, [=](caf::event_based_actor* self) {
    self
      ->request(in.region<tenant>(), ask_patience, atom::command_v,
                in.key<tenant>(in.tenant()), tenant_command{what})
      .then(
        [=](const entity::outcome<tenant>&) {
          inspect<tenant>(in, in.tenant(), reply, show);
        },
        refuse);
  });
}

void sign_in(const context_ptr& context, const http_request& request,
             const session_request& body, const responder_ptr& reply) {
  auto name = body.name.value_or("session");
  if (auto err = check_text("the name of a session", name, max_display_name)) {
    reply->problem(err);
    return;
  }
  auto password = std::make_shared<const security::secret_text>(body.password);
  // Whoever it is, it is they who act from here on.
  auto who = std::make_shared<gateway::principal>();
  who->tenant = who->home = body.tenant.value_or(local_tenant);
  who->id = body.principal;
  scope in{context, who};
  auto to =
    with_success_noted(context, "POST /api/v1/sessions", request, who, reply);
  with_password(
    in, {who->tenant, who->id, request.address, wall_clock()}, password, to,
    [=](const password_match& match) { begin_session(in, match, name, to); });
}

void list_sessions(const scope& in, const http_request&,
                   const responder_ptr& reply) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    std::vector<std::string> items;
    for (auto* x : live_keys(now, in.who().id, key_kind::session, wall_clock()))
      items.push_back(wire::to_json(
        session_document{view_of(*x, wall_clock()), in.who().key == x->id}));
    reply->json(200, page_document(items, ""));
  });
}

void end_session(const scope& in, const http_request& request,
                 const responder_ptr& reply) {
  auto id = request.params.at("session");
  if (id == "current")
    id = in.who().key.value_or("");
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    auto i = now.keys.find(id);
    auto is_session =
      i != now.keys.end() && i->second.kind == key_kind::session;
    auto err = is_session
               ? check_handling(in.who(), now, "session", id)
               : make_error(ec::not_found, "there is no session " + id);
    if (err) {
      reply->problem(err);
      return;
    }
    ask<tenant>(in, in.tenant(), revoke_key{id, in.who().id}, reply,
                [=](auto&) { reply_status(200, "ended", reply); });
  });
}

void end_all_sessions(const scope& in, const http_request&,
                      const responder_ptr& reply) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    for (auto* x : live_keys(now, in.who().id, key_kind::session, wall_clock()))
      if (auto err = check_handling(in.who(), now, "session", x->id)) {
        reply->problem(err);
        return;
      }
    ask<tenant>(in, in.tenant(), end_sessions{in.who().id, in.who().id}, reply,
                [=](auto&) { reply_status(200, "ended", reply); });
  });
}

} // namespace

void add_session_routes(route_table& to, const context_ptr& context) {
  const std::string all = "/api/v1/sessions";
  to.push_back(machine_route<session_request>(
    context, "POST", all, permission::anybody(), {},
    "Signs in with a password; the token is shown this once",
    contract::gives<new_session_document>(201).secret(), stay::brief, sign_in));
  to.back().max_body = max_password_body;
  auto add = [&](const char* method, std::string path, const char* summary,
                 contract what, api_handler handler) {
    to.push_back(api_route(context, method, std::move(path),
                           permission::anyone_known(), {}, summary,
                           std::move(what), stay::brief, std::move(handler)));
  };
  add("GET", all, "The sessions of whoever asks",
      contract::gives<page_of<session_document>>(), list_sessions);
  add("DELETE", all, "Signs out everywhere",
      contract::gives<status_document>().without_keys(), end_all_sessions);
  add("DELETE", all + "/{session}",
      "Signs out; `current` is the session that asks",
      contract::gives<status_document>().without_keys(), end_session);
}

} // namespace machine::gateway

#include "actors/tenants/views.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/identity/authorize.hpp"
#include "gateway/identity/new_key.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/together.hpp"

/// The keys of a tenant's principals. A secret is shown once, to who has made
/// it; the machine keeps its hash.
namespace machine::gateway {

namespace {

using namespace tenants;

struct key_request {
  /// Whose it is; none: of who asks.
  std::optional<std::string> principal;
  std::optional<std::string> name;
  /// At most this role.
  std::optional<role> role_cap;
  /// In this project alone.
  std::optional<std::string> project;
  std::optional<timestamp> expires_at;

  static constexpr const char* wire_name = "key";
  static constexpr const char* schema_name = "new_key";

  static constexpr auto fields() {
    return wire::members(wire::field{"principal", &key_request::principal},
                         wire::field{"name", &key_request::name},
                         wire::field{"role", &key_request::role_cap},
                         wire::field{"project", &key_request::project},
                         wire::field{"expires_at", &key_request::expires_at});
  }
};

struct rotate_request {
  /// How long the old one may go on, in milliseconds; none: not at all.
  std::optional<duration> grace;

  static constexpr const char* wire_name = "rotate";

  static constexpr auto fields() {
    return wire::members(wire::field{"grace", &rotate_request::grace});
  }
};

/// A key, with its secret if it was just made.
struct key_document : key_view {
  std::optional<std::string> secret;

  static constexpr const char* wire_name = "key";

  static constexpr auto fields() {
    return wire::together(
      key_view::fields(),
      wire::members(wire::field{"secret", &key_document::secret}));
  }
};

/// The key *id* as clients see it, with its secret if it was just made.
void reply_key(const scope& in, const std::string& id,
               const std::optional<std::string>& secret,
               const responder_ptr& reply, int status) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    auto i = now.keys.find(id);
    if (i == now.keys.end()) {
      reply->problem(make_error(ec::not_found, "there is no key " + id));
      return;
    }
    key_document what{view_of(i->second, wall_clock()), secret};
    reply->json(status, wire::to_json(what));
  });
}

/// Goes on with *then* if the key *id* is there and whoever asks may handle it.
template <class Then>
void with_own_key(const scope& in, const std::string& id,
                  const responder_ptr& reply, Then then) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    if (auto err = check_handling(in.who(), now, "key", id))
      reply->problem(err);
    else
      then();
  });
}

void list_keys(const scope& in, const http_request& request,
               const responder_ptr& reply) {
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto after = request.query_or("cursor", "");
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    auto all = in.who().may(role::admin);
    std::vector<std::string> items;
    std::string last;
    auto i = now.keys.upper_bound(after);
    for (; i != now.keys.end() && items.size() < *limit; ++i) {
      if (!all && i->second.principal != in.who().id)
        continue;
      items.push_back(wire::to_json(view_of(i->second, wall_clock())));
      last = i->first;
    }
    reply->json(200, page_document(items, i == now.keys.end() ? "" : last));
  });
}

/// Only an administrator makes keys: one that somebody else has made with a key
/// of theirs would outlive it.
void add_one_key(const scope& in, const http_request&, const key_request& body,
                 const responder_ptr& reply) {
  auto made = new_key(in.tenant());
  if (!made) {
    reply->problem(made.error());
    return;
  }
  add_key what{made->id,
               key_kind::api_key,
               body.principal.value_or(in.who().id),
               body.name.value_or("key"),
               made->hash,
               body.role_cap,
               body.project,
               body.expires_at,
               in.who().id};
  ask<tenant>(in, in.tenant(), what, reply,
              [=, id = made->id, secret = made->text](auto&) {
                reply_key(in, id, secret, reply, 201);
              });
}

void rotate_one_key(const scope& in, const http_request& request,
                    const std::optional<rotate_request>& body,
                    const responder_ptr& reply) {
  auto made = new_key(in.tenant());
  if (!made) {
    reply->problem(made.error());
    return;
  }
  rotate_key what{request.params.at("key"),
                  made->id,
                  made->hash,
                  body.value_or(rotate_request{}).grace.value_or(duration{0}),
                  in.who().may(role::admin),
                  in.who().id};
  with_own_key(in, what.id, reply, [=, secret = made->text] {
    ask<tenant>(in, in.tenant(), what, reply,
                [=](auto&) { reply_key(in, what.new_id, secret, reply, 201); });
  });
}

void revoke_one_key(const scope& in, const http_request& request,
                    const responder_ptr& reply) {
  auto& id = request.params.at("key");
  with_own_key(in, id, reply, [=] {
    ask<tenant>(in, in.tenant(), revoke_key{id, in.who().id}, reply,
                [=](auto&) { reply_key(in, id, std::nullopt, reply, 200); });
  });
}

} // namespace

void add_key_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  const names none;
  auto add = [&](const char* method, const char* path, permission who,
                 const names& query, const char* summary, contract what,
                 auto handler) {
    to.push_back(api_route(context, method, path, std::move(who), query,
                           summary, std::move(what), stay::brief, handler));
  };
  add("GET", "/api/v1/keys", permission::anyone_known(),
      names{"limit", "cursor"},
      "The keys of whoever asks; for an administrator, of the whole tenant",
      contract::gives<page_of<key_view>>(), list_keys);
  add("POST", "/api/v1/keys", permission::in_tenant(role::admin), none,
      "Makes a key; its secret is shown this once",
      contract::gives<key_document>(201).secret(), add_one_key);
  add("POST", "/api/v1/keys/{key}/rotate", permission::anyone_known(), none,
      "Makes a key in the place of another; its secret is shown this once",
      contract::gives<key_document>(201).secret(), rotate_one_key);
  add("DELETE", "/api/v1/keys/{key}", permission::anyone_known(), none,
      "Revokes a key; it opens nothing from now on",
      contract::gives<key_document>(), revoke_one_key);
}

} // namespace machine::gateway

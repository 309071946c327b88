#include "actors/tenants/views.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/body.hpp"

/// The people and services of a tenant.
namespace machine::gateway {

namespace {

using namespace tenants;

struct principal_request {
  std::string id;
  std::optional<principal_kind> kind;
  std::optional<std::string> name;
  std::optional<role> tenant_role;
  std::optional<std::map<std::string, role>> projects;

  static constexpr const char* wire_name = "principal";
  static constexpr const char* schema_name = "new_principal";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &principal_request::id},
                         wire::field{"kind", &principal_request::kind},
                         wire::field{"name", &principal_request::name},
                         wire::field{"role", &principal_request::tenant_role},
                         wire::field{"projects", &principal_request::projects});
  }
};

/// What is missing stays; null takes a role away.
struct principal_changes {
  std::optional<std::string> name;
  std::optional<role> tenant_role;
  /// By project.
  std::optional<json_text> projects;

  static constexpr const char* wire_name = "principal";
  static constexpr const char* schema_name = "principal_changes";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &principal_changes::name},
                         wire::field{"role", &principal_changes::tenant_role},
                         wire::field{"projects", &principal_changes::projects});
  }
};

/// Who somebody is, as they themselves see it.
struct identity_view {
  std::string tenant;
  std::string id;
  std::optional<role> tenant_role;
  std::map<std::string, role> projects;
  /// The key that they came with.
  std::optional<std::string> key;

  static constexpr const char* wire_name = "identity";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &identity_view::tenant},
                         wire::field{"id", &identity_view::id},
                         wire::field{"role", &identity_view::tenant_role},
                         wire::field{"projects", &identity_view::projects},
                         wire::field{"key", &identity_view::key});
  }
};

/// `{"board": "developer", "shop": null}`
caf::expected<std::map<std::string, role_grant>>
grants_of(const json_text& projects) {
  auto parsed = wire::parse_json(projects.text, {});
  if (!parsed)
    return std::move(parsed.error());
  std::map<std::string, role_grant> result;
  auto wrong = [] {
    return make_error(ec::invalid_argument,
                      "projects gives each project a role (viewer, developer, "
                      "operator, admin) or null");
  };
  if (parsed->root().kind != wire::node_kind::map)
    return wrong();
  for (auto* x = parsed->first(parsed->root()); x != nullptr;
       x = parsed->next(*x)) {
    role_grant grant;
    if (x->kind == wire::node_kind::text)
      grant.given = wire::from_name<role>(x->text);
    if (x->kind != wire::node_kind::null && !grant.given)
      return wrong();
    result.emplace(x->key, grant);
  }
  return result;
}

caf::expected<principal_edit> edit_of(const http_request& request,
                                      const principal_changes& body) {
  principal_edit result;
  result.name = body.name;
  if (names_member(request, "role"))
    result.tenant_role = role_grant{body.tenant_role};
  if (body.projects) {
    auto grants = grants_of(*body.projects);
    if (!grants)
      return std::move(grants.error());
    result.projects = std::move(*grants);
  }
  return result;
}

/// What a client looks at; none: there is no such principal.
std::optional<std::string> document_of(const tenant_state& now,
                                       const std::string& id) {
  auto i = now.principals.find(id);
  if (i == now.principals.end())
    return std::nullopt;
  return wire::to_json(view_of(i->second));
}

void reply_principal(const scope& in, const std::string& id,
                     const responder_ptr& reply, int status = 200) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    if (auto text = document_of(now, id))
      reply_document(status, std::move(*text), reply);
    else
      reply->problem(make_error(ec::not_found, "tenant " + in.tenant()
                                                 + " has no principal " + id));
  });
}

/// Has the tenant decide *what*, and answers with the principal *id*.
void act_on_principal(const scope& in, const std::string& id,
                      const responder_ptr& reply, tenant_command what,
                      int status = 200) {
  ask<tenant>(in, in.tenant(), std::move(what), reply,
              [=](auto&) { reply_principal(in, id, reply, status); });
}

/// Has the tenant decide *what*, if the principal *id* is as *request* says.
template <class Then>
void change_if_same(const scope& in, const std::string& id,
                    const http_request& request, const responder_ptr& reply,
                    tenant_command what, Then then) {
  ask_if_same<tenant>(
    in, in.tenant(), request,
    [id](const tenant_state& now) { return document_of(now, id); },
    std::move(what), reply, std::move(then));
}

/// By id, which is the order of a page.
void list_principals(const scope& in, const http_request& request,
                     const responder_ptr& reply) {
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto after = request.query_or("cursor", "");
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    std::vector<std::string> items;
    std::string last;
    auto i = now.principals.upper_bound(after);
    for (; i != now.principals.end() && items.size() < *limit; ++i) {
      items.push_back(wire::to_json(view_of(i->second)));
      last = i->first;
    }
    reply->json(200,
                page_document(items, i == now.principals.end() ? "" : last));
  });
}

void add_one(const scope& in, const http_request&,
             const principal_request& body, const responder_ptr& reply) {
  add_principal what{body.id,
                     body.kind.value_or(principal_kind::user),
                     body.name.value_or(body.id),
                     body.tenant_role,
                     body.projects.value_or(std::map<std::string, role>{}),
                     in.who().id};
  act_on_principal(in, what.id, reply, what, 201);
}

void show_one(const scope& in, const http_request& request,
              const responder_ptr& reply) {
  reply_principal(in, request.params.at("principal"), reply);
}

void edit_one(const scope& in, const http_request& request,
              const principal_changes& body, const responder_ptr& reply) {
  auto edit = edit_of(request, body);
  auto& id = request.params.at("principal");
  if (edit)
    change_if_same(in, id, request, reply,
                   change_principal{id, std::move(*edit), in.who().id},
                   [=](auto&) { reply_principal(in, id, reply); });
  else
    reply->problem(edit.error());
}

void disable_one(const scope& in, const http_request& request,
                 const responder_ptr& reply) {
  auto& id = request.params.at("principal");
  act_on_principal(in, id, reply, disable_principal{id, in.who().id});
}

void enable_one(const scope& in, const http_request& request,
                const responder_ptr& reply) {
  auto& id = request.params.at("principal");
  act_on_principal(in, id, reply, enable_principal{id, in.who().id});
}

void remove_one(const scope& in, const http_request& request,
                const responder_ptr& reply) {
  auto& id = request.params.at("principal");
  change_if_same(in, id, request, reply, remove_principal{id, in.who().id},
                 [=](auto&) { reply_status(200, "removed", reply); });
}

void show_self(const scope& in, const http_request&,
               const responder_ptr& reply) {
  auto& who = in.who();
  reply->json(200,
              wire::to_json(identity_view{who.tenant, who.id, who.everywhere,
                                          who.projects, who.key}));
}

} // namespace

void add_principal_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  const names none;
  const auto shown = contract::gives<principal_view>().repeatable();
  auto add = [&](const char* method, std::string path, permission who,
                 const names& query, const char* summary, contract what,
                 auto handler) {
    to.push_back(api_route(context, method, std::move(path), std::move(who),
                           query, summary, std::move(what), stay::brief,
                           handler));
  };
  const auto admins = permission::in_tenant(role::admin);
  const std::string all = "/api/v1/principals";
  const auto one = all + "/{principal}";
  add("GET", "/api/v1/me", permission::anyone_known(), none,
      "Who asks, and what they may do", contract::gives<identity_view>(),
      show_self);
  add("GET", all, admins, names{"limit", "cursor"},
      "The people and services of the tenant",
      contract::gives<page_of<principal_view>>(), list_principals);
  add("POST", all, admins, none, "Makes a principal",
      contract::gives<principal_view>(201), add_one);
  add("GET", one, admins, none, "A principal", shown, show_one);
  add("PATCH", one, admins, none,
      "Changes the name or the roles of a principal", shown, edit_one);
  add("DELETE", one, admins, none, "Removes a principal with all keys",
      contract::gives<status_document>(), remove_one);
  add("POST", one + "/disable", admins, none,
      "Lets a principal in no more, and revokes all keys", shown, disable_one);
  add("POST", one + "/enable", admins, none, "Lets a principal in again", shown,
      enable_one);
}

} // namespace machine::gateway

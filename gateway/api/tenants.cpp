#include "actors/tenants/check.hpp"
#include "actors/tenants/summary.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/wire/together.hpp"

/// The tenants of a machine, for who runs it, and what a tenant knows of
/// itself.
namespace machine::gateway {

namespace {

using namespace tenants;

struct tenant_request {
  std::string id;
  std::optional<std::string> name;

  static constexpr const char* wire_name = "tenant";
  static constexpr const char* schema_name = "new_tenant";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &tenant_request::id},
                         wire::field{"name", &tenant_request::name});
  }
};

struct tenant_changes {
  std::optional<std::string> name;
  std::optional<tenant_limits> limits;

  static constexpr const char* wire_name = "tenant";
  static constexpr const char* schema_name = "tenant_changes";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &tenant_changes::name},
                         wire::field{"limits", &tenant_changes::limits});
  }
};

/// The summary of a tenant with its limits.
struct tenant_document : tenant_summary {
  tenant_limits limits;

  static constexpr const char* wire_name = "tenant";

  static constexpr auto fields() {
    return wire::together(
      tenant_summary::fields(),
      wire::members(wire::field{"limits", &tenant_document::limits}));
  }
};

/// The machine as the tenant *name* has it, for who runs the machine.
scope of_tenant(const context_ptr& context, const http_request& request,
                const std::string& name) {
  auto who = std::make_shared<principal>(*request.who);
  who->tenant = name;
  return {context, std::move(who)};
}

std::string document_of(const tenant_state& now, const std::string& id) {
  return wire::to_json(tenant_document{summary_of(now, id), now.limits});
}

void reply_tenant(const scope& in, const responder_ptr& reply,
                  int status = 200) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    reply_document(status, document_of(now, in.tenant()), reply);
  });
}

/// Has a tenant decide *what*, and answers with what it is then.
void act_on_tenant(const scope& in, const responder_ptr& reply,
                   tenant_command what, int status = 200) {
  ask<tenant>(in, in.tenant(), std::move(what), reply,
              [=](auto&) { reply_tenant(in, reply, status); });
}

void list_tenants(const context_ptr& context, const http_request& request,
                  const responder_ptr& reply) {
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto page = context->machine->engine().list({tenant::kind,
                                               system_tenant,
                                               {},
                                               request.query_or("cursor", ""),
                                               *limit,
                                               {}});
  if (!page) {
    reply->problem(page.error());
    return;
  }
  std::vector<std::string> items;
  for (auto& row : page->rows)
    if (auto x = wire::from_msgpack<tenant_summary>(row.summary.body))
      items.push_back(wire::to_json(*x));
  reply->json(200, page_document(items, page->next_cursor));
}

void add_tenant(const context_ptr& context, const http_request& request,
                const tenant_request& body, const responder_ptr& reply) {
  if (auto problem = check_tenant_name(body.id)) {
    reply->problem(problem);
    return;
  }
  act_on_tenant(of_tenant(context, request, body.id), reply,
                create_tenant{body.name.value_or(body.id), request.who->id},
                201);
}

void show_tenant(const context_ptr& context, const http_request& request,
                 const responder_ptr& reply) {
  reply_tenant(of_tenant(context, request, request.params.at("tenant")), reply);
}

void edit_tenant(const context_ptr& context, const http_request& request,
                 const tenant_changes& body, const responder_ptr& reply) {
  auto in = of_tenant(context, request, request.params.at("tenant"));
  ask_if_same<tenant>(
    in, in.tenant(), request,
    [id = in.tenant()](const tenant_state& now) {
      return std::optional{document_of(now, id)};
    },
    change_tenant{body.name, body.limits, request.who->id}, reply,
    [=](auto&) { reply_tenant(in, reply); });
}

void shut_tenant(const context_ptr& context, const http_request& request,
                 const responder_ptr& reply) {
  act_on_tenant(of_tenant(context, request, request.params.at("tenant")), reply,
                suspend_tenant{request.who->id});
}

void open_tenant(const context_ptr& context, const http_request& request,
                 const responder_ptr& reply) {
  act_on_tenant(of_tenant(context, request, request.params.at("tenant")), reply,
                resume_tenant{request.who->id});
}

void show_own(const scope& in, const http_request&,
              const responder_ptr& reply) {
  reply_tenant(in, reply);
}

} // namespace

void add_tenant_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  const names none;
  const auto shown = contract::gives<tenant_document>().repeatable();
  auto add = [&](const char* method, const char* path, role need,
                 const names& query, const char* summary, contract what,
                 stay how, auto handler) {
    to.push_back(machine_route(context, method, path,
                               permission::of_machine(need), query, summary,
                               std::move(what), how, handler));
  };
  using enum role;
  add("GET", "/api/v1/tenants", viewer, names{"limit", "cursor"},
      "The tenants of the machine", contract::gives<page_of<tenant_summary>>(),
      stay::blocking, list_tenants);
  add("POST", "/api/v1/tenants", admin, none, "Makes a tenant",
      contract::gives<tenant_document>(201), stay::brief, add_tenant);
  add("GET", "/api/v1/tenants/{tenant}", viewer, none, "A tenant", shown,
      stay::brief, show_tenant);
  add("PATCH", "/api/v1/tenants/{tenant}", admin, none,
      "Changes the name or the limits of a tenant", shown, stay::brief,
      edit_tenant);
  add("POST", "/api/v1/tenants/{tenant}/suspend", admin, none,
      "Lets nobody of a tenant in any more; its runs go on", shown, stay::brief,
      shut_tenant);
  add("POST", "/api/v1/tenants/{tenant}/resume", admin, none,
      "Lets a tenant in again", shown, stay::brief, open_tenant);
  to.push_back(
    api_route(context, "GET", "/api/v1/tenant", permission::in_tenant(viewer),
              {}, "The tenant of whoever asks", shown, stay::brief, show_own));
}

} // namespace machine::gateway

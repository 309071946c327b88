#include "actors/tenants/check.hpp"
#include "actors/tenants/summary.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/body.hpp"

/// The tenants of a machine, for who runs it, and what a tenant knows of
/// itself.
namespace machine::gateway {

namespace {

using namespace tenants;

struct tenant_request {
  std::string id;
  std::optional<std::string> name;

  static constexpr const char* wire_name = "tenant";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &tenant_request::id},
                         wire::field{"name", &tenant_request::name});
  }
};

struct tenant_changes {
  std::optional<std::string> name;
  std::optional<tenant_limits> limits;

  static constexpr const char* wire_name = "tenant";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &tenant_changes::name},
                         wire::field{"limits", &tenant_changes::limits});
  }
};

/// The summary of a tenant with its limits.
std::string tenant_document(const tenant_state& now, const std::string& id) {
  auto result = wire::to_json(summary_of(now, id));
  result.pop_back();
  return result + R"(,"limits":)" + wire::to_json(now.limits) + "}";
}

/// The machine as the tenant *name* has it, for who runs the machine.
scope of_tenant(const context_ptr& context, const http_request& request,
                const std::string& name) {
  auto who = std::make_shared<principal>(*request.who);
  who->tenant = name;
  return {context, std::move(who)};
}

void reply_tenant(const scope& in, const responder_ptr& reply,
                  int status = 200) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    reply->json(status, tenant_document(now, in.tenant()));
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
                const responder_ptr& reply) {
  auto body = body_of<tenant_request>(request);
  auto problem = body ? check_tenant_name(body->id) : body.error();
  if (problem) {
    reply->problem(problem);
    return;
  }
  act_on_tenant(of_tenant(context, request, body->id), reply,
                create_tenant{body->name.value_or(body->id), request.who->id},
                201);
}

void show_tenant(const context_ptr& context, const http_request& request,
                 const responder_ptr& reply) {
  reply_tenant(of_tenant(context, request, request.params.at("tenant")), reply);
}

void edit_tenant(const context_ptr& context, const http_request& request,
                 const responder_ptr& reply) {
  auto body = body_of<tenant_changes>(request);
  if (body)
    act_on_tenant(of_tenant(context, request, request.params.at("tenant")),
                  reply,
                  change_tenant{body->name, body->limits, request.who->id});
  else
    reply->problem(body.error());
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
  auto add = [&](const char* method, const char* path, role need,
                 std::set<std::string> query, const char* summary, stay how,
                 machine_handler handler) {
    to.push_back(machine_route(context, method, path,
                               permission::of_machine(need), std::move(query),
                               summary, how, handler));
  };
  using enum role;
  add("GET", "/api/v1/tenants", viewer, {"limit", "cursor"},
      "The tenants of the machine", stay::blocking, list_tenants);
  add("POST", "/api/v1/tenants", admin, {}, "Makes a tenant", stay::brief,
      add_tenant);
  add("GET", "/api/v1/tenants/{tenant}", viewer, {}, "A tenant", stay::brief,
      show_tenant);
  add("PATCH", "/api/v1/tenants/{tenant}", admin, {},
      "Changes the name or the limits of a tenant", stay::brief, edit_tenant);
  add("POST", "/api/v1/tenants/{tenant}/suspend", admin, {},
      "Lets nobody of a tenant in any more; its runs go on", stay::brief,
      shut_tenant);
  add("POST", "/api/v1/tenants/{tenant}/resume", admin, {},
      "Lets a tenant in again", stay::brief, open_tenant);
  to.push_back(api_route(context, "GET", "/api/v1/tenant",
                         permission::in_tenant(viewer), {},
                         "The tenant of whoever asks", stay::brief, show_own));
}

} // namespace machine::gateway

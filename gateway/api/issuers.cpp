#include "actors/tenants/bounds.hpp"
#include "gateway/api/ask.hpp"

/// The issuers outside of the machine whose tokens open a tenant.
namespace machine::gateway {

namespace {

using namespace tenants;

struct issuer_request {
  std::string id;
  std::string issuer;
  std::string audience;
  std::vector<std::string> algorithms;
  std::optional<std::string> jwks_url;
  std::optional<json_text> jwks;
  std::optional<std::string> role_claim;
  std::optional<std::map<std::string, role>> roles;
  std::optional<role> default_role;

  static constexpr const char* wire_name = "issuer";
  static constexpr const char* schema_name = "new_issuer";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &issuer_request::id},
      wire::field{"issuer", &issuer_request::issuer},
      wire::field{"audience", &issuer_request::audience},
      wire::field{"algorithms", &issuer_request::algorithms},
      wire::field{"jwks_url", &issuer_request::jwks_url},
      wire::field{"jwks", &issuer_request::jwks},
      wire::field{"role_claim", &issuer_request::role_claim},
      wire::field{"roles", &issuer_request::roles},
      wire::field{"default_role", &issuer_request::default_role});
  }
};

void reply_issuer(const scope& in, const std::string& id,
                  const responder_ptr& reply, int status) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    auto i = now.issuers.find(id);
    if (i == now.issuers.end())
      reply->problem(make_error(ec::not_found, "tenant " + in.tenant()
                                                 + " has no issuer " + id));
    else
      reply->json(status, wire::to_json(i->second));
  });
}

/// There are so few that one page has all.
void list_issuers(const scope& in, const http_request&,
                  const responder_ptr& reply) {
  inspect<tenant>(in, in.tenant(), reply, [=](const tenant_state& now) {
    std::vector<std::string> items;
    for (auto& [id, x] : now.issuers)
      items.push_back(wire::to_json(x));
    reply->json(200, page_document(items, ""));
  });
}

void add_one_issuer(const scope& in, const http_request&,
                    const issuer_request& body, const responder_ptr& reply) {
  add_issuer what;
  what.what = {
    body.id,          body.issuer,
    body.audience,    body.algorithms,
    body.jwks_url,    body.jwks,
    body.role_claim,  body.roles.value_or(std::map<std::string, role>{}),
    body.default_role};
  what.by = in.who().id;
  ask<tenant>(in, in.tenant(), what, reply,
              [=](auto&) { reply_issuer(in, what.what.id, reply, 201); });
}

void show_one_issuer(const scope& in, const http_request& request,
                     const responder_ptr& reply) {
  reply_issuer(in, request.params.at("issuer"), reply, 200);
}

void remove_one_issuer(const scope& in, const http_request& request,
                       const responder_ptr& reply) {
  ask<tenant>(in, in.tenant(),
              remove_issuer{request.params.at("issuer"), in.who().id}, reply,
              [=](auto&) { reply_status(200, "removed", reply); });
}

} // namespace

void add_issuer_routes(route_table& to, const context_ptr& context) {
  auto add = [&](const char* method, std::string path, const char* summary,
                 contract what, auto handler) {
    to.push_back(api_route(context, method, std::move(path),
                           permission::in_tenant(role::admin), {}, summary,
                           std::move(what), stay::brief, handler));
    to.back().max_body = 2 * max_jwks;
  };
  const std::string all = "/api/v1/issuers";
  add("GET", all, "The issuers whose tokens open the tenant",
      contract::gives<page_of<token_issuer>>(), list_issuers);
  add("POST", all, "Has the tokens of an issuer open the tenant",
      contract::gives<token_issuer>(201), add_one_issuer);
  add("GET", all + "/{issuer}", "An issuer", contract::gives<token_issuer>(),
      show_one_issuer);
  add("DELETE", all + "/{issuer}",
      "Removes an issuer; its tokens open nothing from now on",
      contract::gives<status_document>(), remove_one_issuer);
}

} // namespace machine::gateway

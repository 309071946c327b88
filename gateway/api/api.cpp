#include "gateway/api/api.hpp"

#include "gateway/api/ask.hpp"
#include "gateway/api/openapi.hpp"
#include "gateway/api/stream_limit.hpp"
#include "gateway/identity/authorize.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::gateway {

std::string page_document(const std::vector<std::string>& items,
                          const std::string& next_cursor) {
  std::string out = R"({"items":[)";
  for (size_t i = 0; i < items.size(); ++i)
    out += (i == 0 ? "" : ",") + items[i];
  return out + R"(],"next_cursor":)" + wire::to_json(next_cursor) + "}";
}

caf::expected<size_t> limit_of(const http_request& from) {
  auto limit = number_of(from.query_or("limit", "100"));
  if (!limit || *limit < 1 || *limit > 1'000)
    return make_error(ec::invalid_argument,
                      "limit is a whole number from 1 to 1000");
  return static_cast<size_t>(*limit);
}

caf::expected<std::optional<timestamp>> time_of(const http_request& request,
                                                const std::string& name) {
  auto text = request.query_or(name, "");
  if (text.empty())
    return std::optional<timestamp>{};
  auto result = wire::parse_time(text);
  if (!result)
    return make_error(ec::invalid_argument,
                      name + " is an instant such as 2027-01-31T09:00:00Z");
  return result;
}

void reply_status(int code, const char* status, const responder_ptr& reply) {
  reply->json(code, wire::to_json(status_document{status}));
}

void reply_document(int status, std::string document,
                    const responder_ptr& reply) {
  auto tag = tag_of(document);
  reply->answer({status,
                 "application/json",
                 std::move(document),
                 {{"ETag", std::move(tag)}}});
}

caf::error check_role(const scope& in, const std::string& project,
                      tenants::role need) {
  return authorize(permission::in_project(need), in.who(), project);
}

namespace {

/// What nobody reads was a mistake; but some clients cannot send nothing.
caf::error check_no_body(const http_request& request) {
  if (request.body.empty() || request.body == "{}")
    return caf::none;
  return make_error(ec::invalid_argument,
                    request.method + " " + request.path + " takes no body");
}

/// *handler* where *how* says.
api_handler place(api_handler handler, stay how) {
  if (how == stay::brief)
    return handler;
  auto go = how == stay::thinking ? in_thought : in_pool;
  return [=](const scope& in, const http_request& request,
             const responder_ptr& reply) {
    go(in, reply, [=] { handler(in, request, reply); });
  };
}

} // namespace

route api_route(const context_ptr& context, const char* method,
                std::string pattern, permission who,
                std::set<std::string> query, const char* summary, contract what,
                stay how, api_handler handler) {
  auto takes_body = what.kind() != contract::body_kind::none;
  auto keys = key_rule_of(method, who, what);
  auto placed = place(std::move(handler), how);
  auto direct = [=](const http_request& request, const responder_ptr& reply) {
    if (auto err = takes_body ? caf::error{} : check_no_body(request)) {
      reply->problem(err);
      return;
    }
    scope in{context, request.who, request.trace};
    if (keys.what != key_rule::use::none
        && request.headers.contains("idempotency-key"))
      context->answers->answer(in, request, reply, keys, placed);
    else
      placed(in, request, reply);
  };
  return {method,  std::move(pattern), std::move(who), std::move(query),
          summary, std::move(what),    direct};
}

route machine_route(const context_ptr& context, const char* method,
                    std::string pattern, permission who,
                    std::set<std::string> query, const char* summary,
                    contract what, stay how, machine_handler handler) {
  return api_route(
    context, method, std::move(pattern), std::move(who), std::move(query),
    summary, std::move(what), how,
    api_handler{[context, handler](const scope&, const http_request& request,
                                   const responder_ptr& reply) {
      handler(context, request, reply);
    }});
}

route_table make_routes(context_ptr context) {
  route_table result;
  add_health_routes(result, context);
  add_machine_routes(result, context);
  add_model_routes(result, context);
  add_run_routes(result, context);
  add_answer_routes(result, context);
  add_fork_routes(result, context);
  add_project_routes(result, context);
  add_cost_routes(result, context);
  add_spending_routes(result, context);
  add_decision_routes(result, context);
  add_schedule_routes(result, context);
  add_workflow_routes(result, context);
  add_topic_routes(result, context);
  add_socket_route(result, context);
  add_tenant_routes(result, context);
  add_principal_routes(result, context);
  add_key_routes(result, context);
  add_issuer_routes(result, context);
  add_session_routes(result, context);
  add_password_routes(result, context);
  add_store_routes(result, context);
  add_run_part_routes(result, context);
  add_node_routes(result, context);
  add_audit_routes(result, context);
  add_secret_routes(result, context);
  add_model_call_routes(result, context);
  add_verdict_routes(result, context);
  add_openapi_route(result, context->version);
  for (auto& one : result)
    one = with_audit(context, with_stream_limit(context, std::move(one)));
  return result;
}

} // namespace machine::gateway

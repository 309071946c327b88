#include "gateway/api/act_record.hpp"

#include "actors/tenants.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/clock.hpp"
#include "runtime/security/redact.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <array>

namespace machine::gateway {

using security::audit_phase;
using security::audit_record;

namespace {

security::principal_kind kind_of(principal::nature x) {
  switch (x) {
    case principal::nature::service: return security::principal_kind::service;
    case principal::nature::machine: return security::principal_kind::machine;
    case principal::nature::user:
    case principal::nature::outsider: break;
  }
  return security::principal_kind::user;
}

/// Of a body, what says whom or what an act concerns, and none of it is ever a
/// secret.
constexpr std::array<std::string_view, 7> telling_members{
  "expires_at", "id", "principal", "project", "projects", "role", "tenant"};

/// What an answer says of what was made.
struct made_document {
  std::string id;

  static constexpr const char* wire_name = "made";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &made_document::id});
  }
};

/// Bounds on what is told of a body.
constexpr size_t max_read_body = 64u << 10;
constexpr size_t max_told = 256;

void tell(std::string& to, std::string_view name, std::string_view value) {
  to += to.empty() ? "" : " ";
  to.append(name).append("=").append(value.substr(0, max_told));
}

/// Names and values of the path, and members that tell of the body: all others,
/// and queries, may hold secrets. So may a path, by mistake.
std::string target_of(const http_request& asked) {
  std::string result;
  for (auto& [name, value] : asked.params)
    tell(result, name, value);
  if (asked.body.empty() || asked.body.size() > max_read_body)
    return security::redact(result);
  auto body = wire::parse_json(asked.body, {});
  if (!body || body->root().kind != wire::node_kind::map)
    return security::redact(result);
  for (auto* x = body->first(body->root()); x != nullptr; x = body->next(*x)) {
    auto is_telling =
      std::find(telling_members.begin(), telling_members.end(), x->key)
      != telling_members.end();
    if (is_telling && x->kind == wire::node_kind::text)
      tell(result, x->key, x->text);
    else if (is_telling)
      tell(result, x->key, wire::write_json(*body, *x));
  }
  return security::redact(result);
}

} // namespace

audit_record record_of(const std::string& action, const http_request& asked,
                       const principal_ptr& who) {
  audit_record result;
  result.at = wall_clock();
  result.tenant = who ? who->tenant : local_tenant;
  if (who) {
    result.who = who->id;
    result.kind = kind_of(who->kind);
    result.key_id = who->key;
  }
  result.address = asked.address;
  result.request_id = security::redact(asked.id);
  result.action = action;
  result.target = target_of(asked);
  if (auto agent = asked.header_or("user-agent", ""); !agent.empty())
    result.user_agent = security::redact(agent.substr(0, 1'024));
  return result;
}

std::string action_of(const route& x) {
  return x.method + " " + x.pattern;
}

bool is_refusal(int status) {
  return status == 401 || status == 403;
}

audit_record result_of(audit_record intended, int status, std::string problem) {
  intended.at = wall_clock();
  intended.phase =
    is_refusal(status) ? audit_phase::refused : audit_phase::done;
  intended.status = static_cast<uint16_t>(status);
  if (!problem.empty())
    intended.problem = std::move(problem);
  return intended;
}

std::optional<std::string> made_by(const http_answer& what) {
  if (what.status != 201)
    return std::nullopt;
  auto read = wire::from_json<made_document>(what.body);
  return read ? std::optional{std::move(read->id)} : std::nullopt;
}

} // namespace machine::gateway

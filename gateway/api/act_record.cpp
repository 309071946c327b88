#include "gateway/api/act_record.hpp"

#include "actors/tenants.hpp"
#include "gateway/identity/principal.hpp"
#include "runtime/clock.hpp"
#include "runtime/security/redact.hpp"

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

/// Names and values of the path alone: bodies and queries may hold secrets.
/// So may a path, by mistake.
std::string target_of(const http_request& asked) {
  std::string result;
  for (auto& [name, value] : asked.params)
    result += (result.empty() ? "" : " ") + name + "=" + value;
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

} // namespace machine::gateway

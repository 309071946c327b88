#pragma once

#include "gateway/http/route.hpp"
#include "runtime/security/audit_record.hpp"

/// What the audit log says of a request. Pure, but for the time.
namespace machine::gateway {

/// `POST /api/v1/runs/{id}/cancel`
std::string action_of(const route& x);

/// That *who* is about to do *action*, as *asked*. Null is nobody: that is the
/// business of whoever runs the machine. It has names and values of the path,
/// and of a body whom or what it concerns (an id, a role, a project), without
/// what looks like a secret; and nothing of a query.
security::audit_record record_of(const std::string& action,
                                 const http_request& asked,
                                 const principal_ptr& who);

/// Whether a status says that somebody may not do something.
bool is_refusal(int status);

/// What came of *intended*. *problem* is the code of what went wrong; empty:
/// nothing.
security::audit_record result_of(security::audit_record intended, int status,
                                 std::string problem);

/// The id of what was made, if the answer *what* says so.
std::optional<std::string> made_by(const http_answer& what);

} // namespace machine::gateway

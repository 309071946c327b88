#include "actors/models/routing/course_moves.hpp"

namespace machine::models {

next_move move_after(ec code, int status, const fallback_rule& rule) {
  next_move result;
  switch (code) {
    case ec::provider_rate_limited:
    case ec::provider_failed:
    case ec::provider_interrupted:
    case ec::overloaded:
    case ec::io_failed:
      result = {successor::other_provider_first, true, false, false};
      break;
    case ec::provider_garbled:
      result = {successor::any_model, true, false, false};
      break;
    case ec::timeout:
    case ec::unavailable:
      result = {successor::other_provider_first, true, true, false};
      break;
    case ec::provider_auth:
    case ec::denied:
      result = {successor::other_provider, false, true, true};
      break;
    case ec::not_found:
      result = {successor::any_model, false, true, true};
      break;
    case ec::provider_rejected:
      if (status == 404)
        result = {successor::any_model, false, true, true};
      break;
    case ec::context_exceeded:
      result = {successor::larger_context, false, true, true};
      break;
    case ec::content_refused:
      if (rule.on_refusal)
        result = {successor::other_provider, false, true, true};
      break;
    case ec::budget_exceeded:
      result = {successor::cheaper, false, true, true};
      break;
    default: break;
  }
  if (!rule.on)
    result.next = successor::nobody;
  return result;
}

bool may_succeed(successor how, const course_candidate& failed,
                 const course_candidate& x) {
  switch (how) {
    case successor::nobody: return false;
    case successor::any_model:
    case successor::other_provider_first: return x.model != failed.model;
    case successor::other_provider: return x.provider != failed.provider;
    case successor::larger_context:
      return x.context_tokens > failed.context_tokens;
    case successor::cheaper: return x.worst_case < failed.worst_case;
  }
  return false;
}

payment payment_for(const try_end& x) {
  if (!x.why)
    return x.counted ? payment::counted : payment::lease;
  return x.accepted ? payment::lease : payment::nothing;
}

} // namespace machine::models

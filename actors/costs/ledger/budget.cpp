#include "actors/costs/ledger/budget.hpp"

#include "actors/costs/ledger/bounds.hpp"
#include "actors/costs/ledger/webhook.hpp"

#include <algorithm>

namespace machine::costs {

namespace {

caf::error bad_budget(const budget& x, const std::string& what) {
  return make_error(ec::invalid_argument, "budget " + x.id + ": " + what);
}

caf::error check_subject(const budget& x) {
  auto scope = std::string{wire::to_name(x.scope)};
  if (x.scope == budget_scope::tenant)
    return x.subject.empty()
           ? caf::none
           : bad_budget(x, "a budget of the tenant has no subject");
  if (x.subject.empty())
    return bad_budget(x, "the subject is missing; name the " + scope);
  if (x.subject.size() > max_name)
    return bad_budget(x, "the subject has " + std::to_string(x.subject.size())
                           + " bytes; at most " + std::to_string(max_name)
                           + " are allowed");
  return caf::none;
}

caf::error check_window(const budget& x) {
  if (x.window != budget_window::rolling)
    return x.length ? bad_budget(x, "only a rolling window has a length")
                    : caf::none;
  if (x.length && *x.length >= min_rolling && *x.length <= max_rolling)
    return caf::none;
  return bad_budget(x, "a rolling window needs a length from an hour to 31 "
                       "days");
}

} // namespace

bool concerns(const budget& x, const call_account& whose) {
  switch (x.scope) {
    case budget_scope::tenant: return true;
    case budget_scope::project: return x.subject == whose.project;
    case budget_scope::principal: return x.subject == whose.principal;
    case budget_scope::key: return x.subject == whose.key;
    case budget_scope::run: return x.subject == whose.run;
    case budget_scope::agent: return x.subject == whose.agent;
    case budget_scope::model: return x.subject == whose.model;
    case budget_scope::tag:
      return std::find(whose.tags.begin(), whose.tags.end(), x.subject)
          != whose.tags.end();
  }
  return false;
}

bool is_of_run(budget_scope scope) {
  return scope != budget_scope::agent && scope != budget_scope::model;
}

caf::error check(const budget& x) {
  if (!is_cost_name(x.id))
    return make_error(ec::invalid_argument,
                      "a budget's name has 1 to 64 of a-z, 0-9, -, . and _");
  if (auto err = check_subject(x))
    return err;
  if (auto err = check_amount("the limit of budget " + x.id, x.limit))
    return err;
  if (auto err = check_window(x))
    return err;
  if (x.alerts.size() > max_alerts)
    return bad_budget(x, "it has more than " + std::to_string(max_alerts)
                           + " alerts");
  for (auto percent : x.alerts)
    if (percent < 1 || percent > 1'000)
      return bad_budget(x, "an alert is a percentage from 1 to 1000");
  return caf::none;
}

caf::error check(const call_account& x) {
  for (auto* name :
       {&x.project, &x.principal, &x.key, &x.run, &x.agent, &x.model})
    if (name->size() > max_name)
      return make_error(ec::invalid_argument, "\"" + name->substr(0, 32)
                                                + "...\" is too long; at most "
                                                + std::to_string(max_name)
                                                + " bytes are allowed");
  if (x.tags.size() > max_tags)
    return make_error(ec::limit_exceeded, "a call has at most "
                                            + std::to_string(max_tags)
                                            + " tags");
  for (auto& tag : x.tags)
    if (tag.empty() || tag.size() > max_name)
      return make_error(ec::invalid_argument, "a tag has 1 to "
                                                + std::to_string(max_name)
                                                + " bytes");
  return caf::none;
}

} // namespace machine::costs

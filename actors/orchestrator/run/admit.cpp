#include "actors/orchestrator/run/admit.hpp"

#include "actors/costs/money.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"

#include <algorithm>

namespace machine::orchestrator {

caf::error check_token(const run_state& now, const std::string& run,
                       const std::string& id, uint64_t token) {
  auto* there = find_activation(now, id);
  if (there == nullptr)
    return make_error(ec::not_found, "run " + run + " has no activation " + id);
  // An activation without a live attempt has the token 0, which is nobody's.
  if (token == 0 || there->token != token)
    return make_error(ec::fenced, "token " + std::to_string(token) + " of " + id
                                    + " is no longer valid: the attempt was "
                                      "given to another worker or has ended");
  return caf::none;
}

caf::error check_intent(const activation& there, const intend_effect& x) {
  auto prefix = there.id + "#" + std::to_string(there.attempt) + ".";
  auto number = std::string_view{x.effect};
  auto named = number.starts_with(prefix);
  number.remove_prefix(named ? prefix.size() : 0);
  if (!named || number.empty() || number.size() > 10
      || number.find_first_not_of("0123456789") != number.npos)
    return make_error(ec::invalid_argument,
                      "the effect " + clip(x.effect, 200)
                        + " is not named after its attempt; call it " + prefix
                        + "1, " + prefix + "2, and so on");
  if (auto err = costs::check_amount("a lease", x.lease))
    return err;
  return check_size("the decision behind " + x.effect,
                    x.decision ? x.decision->text.size() : 0);
}

caf::error check_budget(const run_state& now, const activation& there,
                        const intend_effect& x) {
  if (x.lease == 0)
    return caf::none;
  auto refuse = [&](const std::string& limit, micro_usd left,
                    const std::string& mending) {
    return make_error(ec::budget_exceeded,
                      "this call could cost up to " + costs::format_usd(x.lease)
                        + ", but of the " + limit + " only "
                        + costs::format_usd(std::max<micro_usd>(left, 0))
                        + " is left; raise " + mending);
  };
  auto left = now.created.budget - now.spent - now.leased;
  if (x.lease > left) {
    auto all = costs::format_usd(now.created.budget);
    if (auto& caller = now.created.parent)
      return refuse(all + " that step " + caller->activation + " of run "
                      + caller->run + " has set aside for this run",
                    left,
                    "the budget of that step, or of a step around it, if one "
                    "has one, or else that of its run with --budget");
    return refuse("run's budget of " + all, left, "it with --budget");
  }
  for (auto* what = find_step(now, there.step); what != nullptr;
       what = what->parent ? find_step(now, *what->parent) : nullptr) {
    if (!what->budget)
      continue;
    auto of_step = *what->budget - used_by_step(now, *what);
    if (x.lease > of_step)
      return refuse("budget of step " + what->id + " of "
                      + costs::format_usd(*what->budget),
                    of_step, "it in the workflow");
  }
  return caf::none;
}

caf::error check_is_step(const std::string& activation) {
  if (!activation.starts_with('@'))
    return caf::none;
  return make_error(
    ec::invalid_argument,
    activation + " is no step; its end is told with "
      + (activation == "@prepare" ? "finish_prepare" : "finish_publish"));
}

} // namespace machine::orchestrator

#include "actors/models/desk/served_chat.hpp"
#include "actors/models/routing/course_setup.hpp"

#include <algorithm>

/// What becomes of answers that can be checked.
namespace machine::models {

/// Has a cheaper model asked first where its answer can be held against a
/// schema and that is worth more. Whoever wants pieces gets them as they come,
/// so nothing of theirs is checked first.
/// @returns of how many models, the first ones, answers are handed on if they
///   do not satisfy it.
size_t served_chat::plan_checks() {
  if (!what_.whole || !what_.request->output_schema || !policy_.cascade.on
      || decision_.candidates.front().explored)
    return 0;
  auto row =
    plan_cascade(decision_.candidates, schema_verifier, policy_,
                 policy_.minimum_quality.value_or(wish_.minimum_quality),
                 what_.money.value_or(costs::max_amount));
  if (!row || row->order.size() < 2)
    return 0;
  put_first(decision_, *row);
  return row->order.size() - 1;
}

/// An answer has been held against the schema.
void served_chat::checked(uint32_t number, try_end how,
                          std::optional<bool> fits) {
  forms_[number] = fits;
  how.rejected = fits == false && has_money_for_more();
  ended(number, how);
  if (!fits)
    return;
  auto seen = tries_.at(number)->observed();
  seen.verdict.schema_valid = fits;
  seen.verdict.escalated = how.rejected && !course_->over();
  at_.learn(tries_.at(number)->model(), seen);
}

/// Whether the next model can be asked for what the call may still cost.
bool served_chat::has_money_for_more() const {
  if (!what_.money)
    return true;
  auto was_asked = [&](const candidate& x) {
    return std::any_of(tries_.begin(), tries_.end(),
                       [&](auto& y) { return y->model().id == x.model; });
  };
  auto& all = decision_.candidates;
  auto next = std::find_if_not(all.begin(), all.end(), was_asked);
  return next != all.end() && next->worst_case <= *what_.money - facts_.cost;
}

/// For what is said of the answer later.
void served_chat::remember(const chat_try& by) {
  auto seen = by.observed();
  at_.remembers.keep(facts_.id,
                     {what_.tenant, what_.whose.project, std::move(seen.model),
                      std::move(seen.job), seen.prompt_tokens},
                     at_.uses.wall_clock());
}

} // namespace machine::models

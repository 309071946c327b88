#include "actors/models/desk/decision_notes.hpp"

namespace machine::models {

void decision_notes::tried(uint32_t number, const candidate& choice,
                           const std::string& provider, decision_mode mode) {
  if (tries_.size() <= number)
    tries_.resize(number + 1);
  tries_[number].model = choice.model;
  tries_[number].provider = provider;
  tries_[number].mode = mode;
}

void decision_notes::heard(const try_result& x) {
  if (x.number >= tries_.size())
    return;
  auto& to = tries_[x.number];
  to.asked = x.asked;
  to.cost = x.cost;
  to.first_byte = x.first_byte;
  to.took = x.took;
  to.usage = x.outcome.usage;
  if (!x.outcome.response) {
    auto& why = x.outcome.response.error();
    to.error = to_string(code_of(why));
    to.why = message_of(why);
  }
}

void decision_notes::told(const call_facts& facts,
                          const caf::expected<chat_response>& answer,
                          timestamp steady) {
  result_.model = facts.model;
  result_.provider = facts.provider;
  result_.took = std::chrono::floor<duration>(steady - steady_);
  if (answer) {
    result_.end =
      facts.is_cached ? decision_end::cached : decision_end::answered;
    result_.verdict.refused = answer->stop == stop_reason::refused;
    result_.verdict.schema_valid = facts.fits_schema;
    return;
  }
  auto code = code_of(answer.error());
  result_.end =
    code == ec::cancelled ? decision_end::cancelled : decision_end::failed;
  result_.error = to_string(code);
  result_.why = message_of(answer.error());
}

std::shared_ptr<noted_decision>
decision_notes::finish(const chat_order& what, const call_facts& facts,
                       const routing_policy& policy, selection_request needs,
                       decision chosen, timestamp now) {
  auto result = std::make_shared<noted_decision>();
  result->tenant = what.tenant;
  auto& to = result->what;
  to.id = facts.id;
  to.at = at_;
  to.ended_at = now;
  to.whose = what.whose;
  to.whose.model = result_.model;
  to.asked.model = what.model;
  to.asked.job = what.job;
  to.asked.money = what.money;
  to.asked.deadline = what.deadline;
  // What was answered before was not chosen again.
  if (!facts.is_cached) {
    to.asked.policy = policy.name;
    to.asked.prefer = policy.prefer;
    to.asked.prompt_tokens = needs.estimated_tokens;
    to.asked.max_output_tokens = needs.max_output_tokens;
    to.asked.minimum_quality =
      policy.minimum_quality.value_or(needs.minimum_quality);
  }
  to.chosen = std::move(chosen);
  if (to.chosen.why.empty())
    to.chosen.why = facts.why;
  if (!to.chosen.candidates.empty())
    to.needs = std::move(needs);
  to.tries = std::move(tries_);
  to.result = std::move(result_);
  to.result.cost = facts.cost;
  return result;
}

} // namespace machine::models

#include "actors/orchestrator/run/recover.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/loops.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace machine::orchestrator {

namespace {

constexpr std::string_view reconcile_prefix = "reconcile:";

constexpr const char* reconcile_schema =
  R"({"type":"object","properties":{"happened":{"type":"boolean"},)"
  R"("result":{"type":"string"}},"required":["happened"],)"
  R"("additionalProperties":false})";

/// The answer of an operator about an effect of unknown outcome.
struct reconciliation {
  bool happened = false;
  std::optional<std::string> result;

  static constexpr const char* wire_name = "reconciliation";

  static constexpr auto fields() {
    return wire::members(wire::field{"happened", &reconciliation::happened},
                         wire::field{"result", &reconciliation::result});
  }
};

/// The usual answer to an `approve` step.
struct approval {
  std::optional<bool> approved;
  std::optional<std::string> comment;

  static constexpr const char* wire_name = "approval";

  static constexpr auto fields() {
    return wire::members(wire::field{"approved", &approval::approved},
                         wire::field{"comment", &approval::comment});
  }
};

/// Whether nobody knows how *x* went, and it may not be done twice.
bool is_doubtful(const effect_record& x) {
  return x.phase == effect_phase::open && !x.idempotent;
}

/// A name that no question has yet: an effect may be lost more than once, and
/// the answer about the first time is none about the second.
std::string question_id(const run_state& now, const std::string& effect) {
  auto first = std::string{reconcile_prefix} + effect;
  auto id = first;
  for (auto n = 2; find_interrupt(now, id) != nullptr; ++n)
    id = first + "/" + std::to_string(n);
  return id;
}

/// The effect that *asked* is about.
std::string effect_of(const interrupt& asked) {
  auto id = asked.id.substr(reconcile_prefix.size());
  return id.substr(0, id.find('/'));
}

/// The effect of a lost worker happened after all, and *text* came of it.
void complete(planner& plan, const activation& there, effect_record what,
              const std::string& text) {
  auto token = plan.now().last_token;
  auto content = to_bytes(text);
  // Only what is open can be done.
  plan.emit(effect_intended{what.effect, there.id, token, what.kind,
                            what.subject, "an operator looked", what.idempotent,
                            0, what.guard});
  plan.emit(effect_done{what.effect, token, store::hash_blob(content),
                        "done, says the operator", 0, std::nullopt});
  plan.keep(std::move(content));
}

/// Other questions about what the same attempt did.
std::vector<std::string> open_questions(const run_state& now,
                                        const std::string& activation) {
  std::vector<std::string> result;
  for (auto& [id, x] : now.interrupts)
    if (x.phase == interrupt_phase::open && x.activation == activation
        && is_reconciliation(x))
      result.push_back(id);
  return result;
}

/// What a command's step puts out about which nothing but this is known; of
/// the same form as if it had been heard to end.
json_text output_of(const activation& there, const std::string& text) {
  if (there.kind != attempt_kind::command)
    return {wire::to_json(text)};
  return {R"({"exit_code":0,"output":)" + wire::to_json(text)
          + R"(,"elapsed_ms":0,"note":"done, says the operator"})"};
}

void reconcile(planner& plan, const interrupt& asked, const json_text& answer) {
  auto told = wire::from_json<reconciliation>(answer.text);
  auto* there = find_activation(plan.now(), asked.activation);
  if (told && told->happened && there != nullptr) {
    auto text = told->result.value_or("done, says the operator");
    if (there->kind != attempt_kind::agent) {
      for (auto& other : open_questions(plan.now(), asked.activation))
        plan.emit(interrupt_withdrawn{other});
      plan.emit(orchestrator::step_done{asked.activation,
                                        output_of(*there, text), std::nullopt});
      return;
    }
    // One of many things that the agent does: it goes on with the next.
    if (auto* known = find_effect(*there, effect_of(asked)))
      complete(plan, *there, *known, text);
  }
  if (open_questions(plan.now(), asked.activation).empty())
    plan.hand_over(asked.activation);
}

} // namespace

void lose_open_effects(planner& plan, const std::string& activation) {
  auto* there = find_activation(plan.now(), activation);
  if (there == nullptr)
    return;
  auto journal = there->journal;
  for (auto& x : journal)
    if (x.phase == effect_phase::open)
      plan.emit(effect_lost{x.effect, x.lease, x.idempotent});
}

bool has_doubtful_effects(const activation& there) {
  return std::any_of(there.journal.begin(), there.journal.end(), is_doubtful);
}

void lose_worker(planner& plan, const activation& there,
                 const std::string& how) {
  auto id = there.id;
  std::vector<effect_record> doubtful;
  std::copy_if(there.journal.begin(), there.journal.end(),
               std::back_inserter(doubtful), is_doubtful);
  lose_open_effects(plan, id);
  plan.emit(attempt_lost{id, there.token});
  for (auto& x : doubtful)
    plan.emit(interrupt_opened{
      question_id(plan.now(), x.effect),
      id,
      how + " while it was doing this: " + x.subject
        + ". Nobody knows whether it happened. Look, and say: did it happen? "
          "If not, it is done again.",
      {reconcile_schema},
      std::nullopt,
      "operator",
      std::nullopt,
      std::nullopt});
  if (doubtful.empty())
    plan.hand_over(id);
}

void act_on_answer(planner& plan, const interrupt& asked,
                   const json_text& answer) {
  if (asked.id.starts_with(reconcile_prefix))
    return reconcile(plan, asked, answer);
  if (is_loop_question(asked))
    return act_on_loop_answer(plan, asked, answer);
  auto* there = find_activation(plan.now(), asked.activation);
  auto* what = there ? find_step(plan.now(), there->step) : nullptr;
  auto* ask = what ? std::get_if<approve_step>(&what->action) : nullptr;
  if (ask == nullptr)
    return;
  if (!ask->answer) {
    auto told = wire::from_json<approval>(answer.text);
    if (!told || !told->approved.value_or(false)) {
      auto why = told ? told->comment.value_or("") : std::string{};
      plan.fail(asked.activation, to_string(ec::denied),
                why.empty() ? "it was not approved"
                            : "it was not approved: " + why,
                answer);
      return;
    }
  }
  plan.emit(orchestrator::step_done{asked.activation, answer, std::nullopt});
  return;
}

} // namespace machine::orchestrator

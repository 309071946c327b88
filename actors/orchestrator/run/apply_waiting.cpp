#include "actors/orchestrator/run/applier.hpp"
#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/loops.hpp"

namespace machine::orchestrator {

void applier::operator()(const wait_started& x) {
  if (auto* there = find_activation(draft, x.activation)) {
    there->phase = activation_phase::waiting;
    there->until = x.until;
    there->signal = x.signal;
    retime(*there);
  }
}

void applier::operator()(const signal_received& x) {
  draft.last_signal = x.number;
  draft.signals.push_back(
    {.number = x.number, .name = x.name, .payload = x.payload});
  if (!x.key)
    return;
  draft.signal_keys.push_back(*x.key);
  if (draft.signal_keys.size() > max_signal_keys)
    draft.signal_keys.erase(draft.signal_keys.begin());
}

void applier::operator()(const signal_taken& x) {
  std::erase_if(draft.signals,
                [&](const kept_signal& y) { return y.number == x.number; });
}

void applier::operator()(const interrupt_opened& x) {
  draft.interrupts[x.interrupt] = {.id = x.interrupt,
                                   .number = ++draft.last_interrupt,
                                   .activation = x.activation,
                                   .question = x.question,
                                   .schema = x.schema,
                                   .assignee = x.assignee,
                                   .role = x.role,
                                   .deadline = x.deadline,
                                   .default_answer = x.default_answer,
                                   .opened_at = at};
  if (auto* there = find_activation(draft, x.activation)) {
    there->phase = activation_phase::waiting;
    there->until = x.deadline;
    retime(*there);
  }
}

void applier::operator()(const interrupt_answered& x) {
  if (auto* there = find_interrupt(draft, x.interrupt)) {
    there->phase = interrupt_phase::answered;
    there->answer = x.answer;
    there->by = x.by;
    if (is_loop_question(*there))
      take_loop_answer(there->activation, x.answer);
  }
}

void applier::operator()(const interrupt_withdrawn& x) {
  if (auto* there = find_interrupt(draft, x.interrupt))
    there->phase = interrupt_phase::withdrawn;
}

void applier::take_loop_answer(const std::string& id, const json_text& answer) {
  auto* there = find_activation(draft, id);
  if (there == nullptr)
    return;
  count_anew(*there);
  if (auto text = hint_in(answer))
    there->hints.push_back({count_done_effects(*there), std::move(*text)});
}

} // namespace machine::orchestrator

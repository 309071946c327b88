#include "actors/models/decisions/record.hpp"

namespace machine::models {

namespace {

void clip(std::string& text) {
  if (text.size() <= max_kept_reason)
    return;
  auto end = max_kept_reason;
  // Not in the middle of a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  text.resize(end);
}

} // namespace

decision_record trimmed(decision_record x) {
  auto& chosen = x.chosen;
  x.candidates = chosen.candidates.size();
  x.rejections = chosen.rejections.size();
  if (chosen.candidates.size() > max_kept_candidates)
    chosen.candidates.resize(max_kept_candidates);
  if (chosen.rejections.size() > max_kept_rejections)
    chosen.rejections.resize(max_kept_rejections);
  for (auto& one : chosen.rejections)
    clip(one.reason);
  for (auto& one : x.tries)
    clip(one.why);
  clip(x.result.why);
  if (x.needs
      && x.needs->unusable.size() + x.needs->excluded.size()
           > max_kept_exclusions)
    x.needs.reset();
  return x;
}

size_t bytes_of(const noted_decision& x) {
  constexpr size_t candidate_bytes = 160;
  constexpr size_t rejection_bytes = 240;
  constexpr size_t try_bytes = 480;
  auto& what = x.what;
  auto result = sizeof x + what.chosen.candidates.size() * candidate_bytes
              + what.chosen.rejections.size() * rejection_bytes
              + what.tries.size() * try_bytes;
  if (what.needs)
    result += (what.needs->unusable.size() + what.needs->excluded.size())
            * rejection_bytes;
  return result;
}

std::optional<routed_call> routed_of(const decision_record& x) {
  auto& by = x.result.answered_by;
  if (x.result.end != decision_end::answered || !x.needs || !by
      || *by >= x.tries.size())
    return std::nullopt;
  auto& answer = x.tries[*by];
  routed_call result;
  result.needs = *x.needs;
  result.seen.model = answer.model;
  result.seen.job = x.asked.job;
  result.seen.prompt_tokens = x.asked.prompt_tokens;
  result.seen.verdict = x.result.verdict;
  result.seen.first_byte = answer.first_byte;
  result.seen.took = answer.took;
  result.seen.cost = answer.cost;
  if (answer.usage) {
    result.seen.output_tokens = answer_tokens(*answer.usage);
    result.usage = *answer.usage;
  } else {
    result.usage.input = x.asked.prompt_tokens;
  }
  return result;
}

} // namespace machine::models

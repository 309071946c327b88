#include "actors/models/delta.hpp"

namespace machine::models {

std::string text_of(const answer_deltas& deltas) {
  std::string text;
  for (auto& x : deltas)
    if (x.kind == answer_delta::kind_type::text)
      text += x.text;
  return text;
}

answer_deltas deltas_of(const chat_response& whole) {
  answer_deltas out;
  if (!whole.message.content.empty())
    out.push_back({answer_delta::kind_type::text, whole.message.content});
  uint32_t place = 0;
  for (auto& call : whole.message.tool_calls) {
    out.push_back(
      {answer_delta::kind_type::tool, {}, place, call.id, call.name});
    out.push_back(
      {answer_delta::kind_type::arguments, call.arguments.text, place});
    ++place;
  }
  return out;
}

} // namespace machine::models

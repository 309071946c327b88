#include "actors/models/selector.hpp"

#include "actors/models/constraints.hpp"

#include <algorithm>

namespace machine::models {

void take_needs(selection_request& wish, const chat_request& request) {
  wish.needs_tools = !request.tools.empty();
  wish.needs_structured_output = request.output_schema.has_value();
  auto size = costs::bound_prompt(request);
  wish.prompt_tokens = size.tokens;
  wish.audio_tokens = size.audio;
  wish.kept_for_hour = size.kept_for_hour;
  wish.estimated_tokens = costs::estimate_tokens(request);
  wish.max_output_tokens = request.max_output_tokens;
  for (auto& message : request.messages)
    for (auto& item : message.attachments) {
      wish.needs_images |= item.kind == attachment_kind::image;
      wish.needs_documents |= item.kind == attachment_kind::document;
      wish.needs_audio |= item.kind == attachment_kind::audio;
    }
}

double quality_of(const model_entry& model, const std::string& job) {
  if (auto i = model.quality.find(job); i != model.quality.end())
    return i->second;
  if (auto i = model.quality.find("general"); i != model.quality.end())
    return i->second;
  return 0.5;
}

caf::expected<decision> select(const catalogue& from,
                               const selection_request& what) {
  auto found = admit(from, what);
  if (!found)
    return found;
  auto& result = *found;
  auto good = [&](const candidate& x) {
    return x.quality >= what.minimum_quality;
  };
  std::sort(result.candidates.begin(), result.candidates.end(),
            [&](const candidate& a, const candidate& b) {
              if (good(a) != good(b))
                return good(a);
              if (!good(a) && a.quality != b.quality)
                return a.quality > b.quality;
              return std::tie(a.expected, b.quality, a.model)
                   < std::tie(b.expected, a.quality, b.model);
            });
  auto& best = result.candidates.front();
  result.why = best.model + " was asked for";
  if (!what.pinned)
    result.why =
      best.model
      + (good(best) ? " is the cheapest that is good enough for "
                    : " is the best there is, though not good enough, for ")
      + what.job + ", expected to cost " + costs::format_usd(best.expected)
      + ", at most " + costs::format_usd(best.worst_case);
  return found;
}

} // namespace machine::models

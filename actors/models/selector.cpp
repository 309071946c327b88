#include "actors/models/selector.hpp"

#include "runtime/wire/nearest.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// Why a model cannot be used, in the order in which it is asked.
enum class obstacle : uint8_t { none, other, price, money };

struct verdict {
  obstacle what = obstacle::none;
  std::string reason;
};

/// A context that leaves less room than this for an answer is too small.
constexpr uint64_t least_answer = 1'024;

/// The longest answer that *x* can be asked for; none if its context has no
/// room for one.
std::optional<uint32_t> answer_bound(const model_entry& x,
                                     const selection_request& what) {
  uint64_t wanted = std::min(what.max_output_tokens, x.max_output_tokens);
  auto room =
    x.context_tokens - std::min(x.context_tokens, what.estimated_tokens);
  if (room < std::min(wanted, least_answer))
    return std::nullopt;
  return static_cast<uint32_t>(std::min(wanted, room));
}

bool takes(const model_entry& x, attachment_kind what) {
  return std::find(x.takes.begin(), x.takes.end(), what) != x.takes.end();
}

verdict judge(const catalogue& from, const model_entry& x,
              const selection_request& what, const candidate& would) {
  auto refuse = [](std::string reason) {
    return verdict{obstacle::other, std::move(reason)};
  };
  if (what.pinned && x.id != *what.pinned)
    return refuse("another model was asked for");
  if (auto i = what.unusable.find(x.provider); i != what.unusable.end())
    return refuse(i->second);
  if (auto i = what.excluded.find(x.id); i != what.excluded.end())
    return refuse(i->second);
  // The words of a script are no answer to a question that nobody scripted.
  auto provider = from.providers.find(x.provider);
  if (!what.pinned && provider != from.providers.end()
      && provider->second.protocol == protocol_kind::scripted)
    return refuse("it answers from a script; ask for it by name");
  if (what.needs_tools && !x.tools)
    return refuse("it cannot call tools");
  if (what.needs_structured_output && !x.structured_output)
    return refuse("it cannot answer by a schema");
  if (what.needs_images && !takes(x, attachment_kind::image))
    return refuse("it takes no images");
  if (what.needs_documents && !takes(x, attachment_kind::document))
    return refuse("it takes no documents");
  if (what.needs_audio && !takes(x, attachment_kind::audio))
    return refuse("it takes no sound");
  if (would.max_output_tokens == 0)
    return refuse("its context has " + std::to_string(x.context_tokens)
                  + " tokens; the prompt has about "
                  + std::to_string(what.estimated_tokens)
                  + ", which leaves no room for an answer");
  if (!x.price)
    return {obstacle::price,
            "its price is unknown; set `price` of model \"" + x.id
              + "\" in the catalogue (config key models.catalogue)"};
  if (what.money && would.worst_case > *what.money)
    return {obstacle::money,
            "the call could cost up to " + costs::format_usd(would.worst_case)
              + ", and at most "
              + costs::format_usd(std::max<micro_usd>(*what.money, 0))
              + " is left"};
  return {};
}

candidate make_candidate(const model_entry& x, const selection_request& what) {
  candidate result;
  result.model = x.id;
  result.quality = quality_of(x, what.job);
  result.max_output_tokens = answer_bound(x, what).value_or(0);
  if (x.price) {
    auto answer = result.max_output_tokens;
    // A provider refuses what is longer than its context.
    costs::prompt_size size{std::min(what.prompt_tokens, x.context_tokens),
                            what.audio_tokens, what.kept_for_hour};
    auto usual = size;
    usual.tokens = std::min(size.tokens, what.estimated_tokens);
    result.worst_case = costs::worst_case(*x.price, size, answer);
    result.expected = costs::worst_case(*x.price, usual, answer / 4);
  }
  return result;
}

caf::error explain(const decision& result, bool only_money, bool only_price) {
  std::string text;
  for (auto& x : result.rejections)
    text += (text.empty() ? "" : "; ") + x.model + ": " + x.reason;
  if (text.empty())
    text = "the catalogue is empty";
  if (only_money)
    return make_error(ec::budget_exceeded, text + "; raise the budget");
  if (only_price)
    return make_error(ec::unknown_price, text);
  return make_error(ec::no_model, "no model can do this: " + text);
}

} // namespace

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
  if (what.pinned && !from.models.contains(*what.pinned)) {
    std::vector<std::string> known;
    for (auto& [id, x] : from.models)
      known.push_back(id);
    auto near = wire::nearest(*what.pinned, known);
    return make_error(ec::not_found,
                      "there is no model " + *what.pinned
                        + (near ? "; did you mean " + *near + "? " : "; ")
                        + "`themachine model list` shows all");
  }
  decision result;
  size_t by_money = 0;
  size_t by_price = 0;
  size_t others = 0;
  for (auto& [id, x] : from.models) {
    auto would = make_candidate(x, what);
    auto found = judge(from, x, what, would);
    if (found.what == obstacle::none) {
      result.candidates.push_back(std::move(would));
      continue;
    }
    if (!what.pinned || id == *what.pinned) {
      result.rejections.push_back({id, found.reason});
      by_money += found.what == obstacle::money ? 1 : 0;
      by_price += found.what == obstacle::price ? 1 : 0;
      others += found.what == obstacle::other ? 1 : 0;
    }
  }
  if (result.candidates.empty())
    return explain(result, by_money > 0, by_price > 0 && others == 0);
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
  return result;
}

} // namespace machine::models

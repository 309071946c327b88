#include "actors/models/constraints.hpp"

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
  if (x.embeddings)
    return refuse("it makes vectors, and no answers");
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
              + "\" in the file of config key models.catalogue, such as price "
                "= { input = \"0.40\", output = \"1.60\" }"};
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
    result.worst_case = costs::worst_case(*x.price, size, answer);
    result.expected = list_cost(x, what, answer / usual_share_of_answer);
  }
  return result;
}

/// How many models each kind of obstacle stands in the way of.
struct obstacles {
  size_t money = 0;
  size_t price = 0;
  size_t others = 0;
};

caf::error explain(const decision& result, const obstacles& met) {
  std::string text;
  for (auto& x : result.rejections)
    text += (text.empty() ? "" : "; ") + x.model + ": " + x.reason;
  if (text.empty())
    text = "the catalogue is empty";
  if (met.money > 0)
    return make_error(ec::budget_exceeded, text + "; raise the budget");
  if (met.price > 0 && met.others == 0)
    return make_error(ec::unknown_price, text);
  return make_error(ec::no_model, "no model can do this: " + text);
}

} // namespace

micro_usd list_cost(const model_entry& x, const selection_request& what,
                    uint64_t answer_tokens) {
  if (!x.price)
    return 0;
  // A provider refuses what is longer than its context.
  costs::prompt_size usual{
    std::min({what.prompt_tokens, x.context_tokens, what.estimated_tokens}),
    what.audio_tokens, what.kept_for_hour};
  return costs::worst_case(*x.price, usual, answer_tokens);
}

caf::expected<decision> admit(const catalogue& from,
                              const selection_request& what) {
  if (what.pinned && !from.models.contains(*what.pinned)) {
    if (auto i = from.aliases.find(*what.pinned);
        i != from.aliases.end() && from.models.contains(i->second)) {
      auto by_id = what;
      by_id.pinned = i->second;
      return admit(from, by_id);
    }
    std::vector<std::string> known;
    for (auto& [id, x] : from.models)
      known.push_back(id);
    for (auto& [alias, id] : from.aliases)
      known.push_back(alias);
    auto near = wire::nearest(*what.pinned, known);
    return make_error(ec::not_found,
                      "there is no model " + *what.pinned
                        + (near ? "; did you mean " + *near + "? " : "; ")
                        + "`themachine model list` shows all");
  }
  decision result;
  obstacles met;
  for (auto& [id, x] : from.models) {
    auto would = make_candidate(x, what);
    auto found = judge(from, x, what, would);
    if (found.what == obstacle::none) {
      result.candidates.push_back(std::move(would));
      continue;
    }
    if (!what.pinned || id == *what.pinned) {
      result.rejections.push_back({id, found.reason});
      met.money += found.what == obstacle::money ? 1 : 0;
      met.price += found.what == obstacle::price ? 1 : 0;
      met.others += found.what == obstacle::other ? 1 : 0;
    }
  }
  if (result.candidates.empty())
    return explain(result, met);
  return result;
}

} // namespace machine::models

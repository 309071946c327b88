#include "actors/models/litellm_entry.hpp"

#include "actors/costs/decimal.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// Prices by the length of the prompt above which they hold.
using tiers = std::map<uint64_t, micro_usd>;

/// Reads `200k_tokens`; none for other services at other prices
/// (`200k_tokens_priority`).
std::optional<uint64_t> tokens_of(std::string_view text) {
  constexpr std::string_view unit = "k_tokens";
  if (!text.ends_with(unit))
    return std::nullopt;
  text.remove_suffix(unit.size());
  auto value = text.find_first_not_of("0123456789") == text.npos
               ? costs::scale_decimal(text, 3)
               : std::nullopt;
  if (!value || value->value < 1)
    return std::nullopt;
  return static_cast<uint64_t>(value->value);
}

tiers take_tiers(list_entry& in, const std::string& name) {
  tiers result;
  for (auto& [rest, price] : in.per_token_beginning(name + "_above_"))
    if (auto above = tokens_of(rest))
      result[*above] = price;
  return result;
}

/// What prompts longer than the shortest of *all* cost: a catalogue has one
/// bound, so beyond it the dearest counts.
std::optional<micro_usd> dearest(const tiers& all) {
  auto i = std::max_element(all.begin(), all.end(), [](auto& a, auto& b) {
    return a.second < b.second;
  });
  return i == all.end() ? std::nullopt : std::optional{i->second};
}

/// *x* as much dearer as *to* is than *from*, rounded up.
micro_usd in_proportion(micro_usd x, micro_usd from, micro_usd to) {
  __extension__ using wide = __int128;
  if (from <= 0)
    return std::max(x, to);
  auto result = (static_cast<wide>(x) * to + (from - 1)) / from;
  return static_cast<micro_usd>(std::min<wide>(result, costs::max_amount));
}

/// The prices of long prompts, which are taken from *in*.
struct long_prices {
  tiers input;
  tiers output;
  tiers cached;
  tiers cache_write;
  tiers cache_write_hour;

  explicit long_prices(list_entry& in)
      : input(take_tiers(in, "input_cost_per_token")),
        output(take_tiers(in, "output_cost_per_token")),
        cached(take_tiers(in, "cache_read_input_token_cost")),
        cache_write_hour(
          take_tiers(in, "cache_creation_input_token_cost_above_1hr")) {
    cache_write = take_tiers(in, "cache_creation_input_token_cost");
  }

  std::vector<const tiers*> all() const {
    return {&input, &output, &cached, &cache_write, &cache_write_hour};
  }

  /// The shortest bound of all of them.
  std::optional<uint64_t> above() const {
    std::optional<uint64_t> result;
    for (auto* x : all())
      if (!x->empty())
        result = std::min(result.value_or(UINT64_MAX), x->begin()->first);
    return result;
  }

  bool has_several() const {
    auto first = above();
    for (auto* x : all())
      if (!x->empty() && x->rbegin()->first != *first)
        return true;
    return false;
  }
};

costs::long_price make_long(const long_prices& from,
                            const costs::price& usual) {
  costs::long_price x;
  x.above = *from.above();
  x.input = dearest(from.input).value_or(usual.input);
  x.output = dearest(from.output).value_or(usual.output);
  x.cached = dearest(from.cached)
               .value_or(in_proportion(usual.cached, usual.input, x.input));
  x.cache_write = dearest(from.cache_write);
  if (!x.cache_write && usual.cache_write)
    x.cache_write = in_proportion(*usual.cache_write, usual.input, x.input);
  x.cache_write_hour = dearest(from.cache_write_hour);
  if (!x.cache_write_hour && usual.cache_write_hour)
    x.cache_write_hour =
      in_proportion(*usual.cache_write_hour, usual.input, x.input);
  return x;
}

} // namespace

list_price read_list_price(list_entry& in, list_kind what) {
  list_price result;
  // Before those whose names begin as theirs do.
  auto hour = in.per_token("cache_creation_input_token_cost_above_1hr");
  long_prices of_long{in};
  auto input = in.per_token("input_cost_per_token");
  auto output = in.per_token("output_cost_per_token");
  auto thoughts = in.per_token("output_cost_per_reasoning_token");
  costs::price x;
  x.input = input.value_or(0);
  x.output = output.value_or(0);
  x.cached = in.per_token("cache_read_input_token_cost").value_or(x.input);
  x.cache_write = in.per_token("cache_creation_input_token_cost");
  x.cache_write_hour = hour;
  x.image = in.per_token("input_cost_per_image_token");
  x.audio = in.per_token("input_cost_per_audio_token");
  x.audio_output = in.per_token("output_cost_per_audio_token");
  auto request = in.per_call("input_cost_per_request");
  x.call = request.value_or(in.per_call("input_cost_per_query").value_or(0));
  result.images_by_piece = in.costs("input_cost_per_image") && !x.image;
  result.audio_by_piece =
    (in.costs("input_cost_per_audio_per_second") && !x.audio)
    || (in.costs("input_cost_per_second") && !x.audio);
  if (!in.wrong().empty())
    result.why = "its " + in.wrong() + " is no price";
  else if (in.take("tiered_pricing") != nullptr)
    result.why = "its price has steps that a catalogue cannot say";
  else if (!input || (!output && what == list_kind::answers))
    result.why = "it has no price per token";
  if (!result.why.empty())
    return result;
  if (thoughts && *thoughts > x.output) {
    x.output = *thoughts;
    result.notes.emplace_back("its answers are dearer here, as its thoughts "
                              "are");
  }
  if (of_long.above()) {
    x.long_prompt = make_long(of_long, x);
    if (of_long.has_several())
      result.notes.emplace_back("of its prices for long prompts the dearest "
                                "counts from the first on");
  }
  if (result.images_by_piece)
    result.notes.emplace_back("it is given no images, which are paid by the "
                              "piece");
  if (result.audio_by_piece)
    result.notes.emplace_back("it is given no sound, which is paid by the "
                              "second");
  if (in.rounded())
    result.notes.emplace_back("a price was rounded up to what a catalogue can "
                              "say");
  result.price = x;
  return result;
}

} // namespace machine::models

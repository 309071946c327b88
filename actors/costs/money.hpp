#pragma once

#include "actors/models/chat.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace machine::costs {

/// The most that one amount can be, a billion dollars: thousands of them still
/// have a sum.
constexpr micro_usd max_amount = 1'000'000'000'000'000;

/// Dollars as people write them: `$1.50`, `$0.000013`, `-$2.00`. At least two
/// decimals, and as many more as there are.
std::string format_usd(micro_usd x);

/// Reads `0.50`, `$2` or `1.000001` exactly; never through a float. Fails with
/// `invalid_argument` for anything else, for more than six decimals and for
/// more than a billion dollars.
caf::expected<micro_usd> parse_usd(std::string_view text);

/// `invalid_argument` unless *x*, which is *what* ("a lease"), is from zero to
/// `max_amount`.
caf::error check_amount(std::string_view what, micro_usd x);

/// What tokens of a prompt longer than some length cost; see `price`.
struct long_price {
  /// Applies to all tokens of a call whose prompt has more than these.
  uint64_t above = 0;
  micro_usd input = 0;
  micro_usd cached = 0;
  micro_usd output = 0;
  /// None: as `input`.
  std::optional<micro_usd> cache_write{};
  /// None: as `cache_write`, or as that of shorter prompts if it is more.
  std::optional<micro_usd> cache_write_hour{};

  static constexpr const char* wire_name = "long_price";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"above", &long_price::above},
      wire::field{"input", &long_price::input},
      wire::field{"cached", &long_price::cached},
      wire::field{"output", &long_price::output},
      wire::field{"cache_write", &long_price::cache_write},
      wire::field{"cache_write_hour", &long_price::cache_write_hour});
  }

  bool operator==(const long_price&) const = default;
};

/// What a model costs, in micro-dollars per million tokens. What is none costs
/// as much as `input` or `output` do.
struct price {
  micro_usd input = 0;
  /// Of tokens that the provider has in its cache.
  micro_usd cached = 0;
  micro_usd output = 0;
  /// Of tokens that the provider puts into its cache, and of those that it is
  /// to keep for an hour.
  std::optional<micro_usd> cache_write{};
  std::optional<micro_usd> cache_write_hour{};
  std::optional<micro_usd> image{};
  std::optional<micro_usd> audio{};
  std::optional<micro_usd> audio_output{};
  /// Of every call, in micro-dollars.
  micro_usd call = 0;
  std::optional<long_price> long_prompt{};

  static constexpr const char* wire_name = "price";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"input", &price::input},
      wire::field{"cached", &price::cached},
      wire::field{"output", &price::output},
      wire::field{"cache_write", &price::cache_write},
      wire::field{"cache_write_hour", &price::cache_write_hour},
      wire::field{"image", &price::image}, wire::field{"audio", &price::audio},
      wire::field{"audio_output", &price::audio_output},
      wire::later{"call", &price::call},
      wire::field{"long_prompt", &price::long_prompt});
  }

  bool operator==(const price&) const = default;
};

/// What a call with this *usage* costs, rounded up to a micro-dollar. At most a
/// billion dollars, so that sums of costs stay within what an amount can be.
micro_usd cost(const price& per_million, const models::token_usage& usage);

/// The size of a prompt, for what it can cost.
struct prompt_size {
  /// All tokens.
  uint64_t tokens = 0;
  /// How many of them are sound.
  uint64_t audio = 0;
  /// The provider is asked to keep some of it for an hour.
  bool kept_for_hour = false;

  bool operator==(const prompt_size&) const = default;
};

/// The most that a call can cost: every token of its prompt is of the dearest
/// kind that it can be, and its answer is as long as it may be.
micro_usd worst_case(const price& per_million, const prompt_size& prompt,
                     uint64_t max_output_tokens);

/// The same for a prompt of nothing but text.
micro_usd worst_case(const price& per_million, uint64_t prompt_tokens,
                     uint64_t max_output_tokens);

/// What bounds the tokens of an image, a document or a sound: what the main
/// providers make of the largest image that they take; a document may fill any
/// context, and a sound is taken for speech at 6 kbit a second.
constexpr uint64_t max_image_tokens = 6'000;
constexpr uint64_t max_document_tokens = 1'000'000;
constexpr uint64_t bytes_per_audio_token = 20;

/// `bound_tokens` with what is in it.
prompt_size bound_prompt(const models::chat_request& what);

/// An upper bound on the tokens of a prompt, for any tokenizer of today's
/// models: they work on bytes, and merge. What is dense in tokens (digits,
/// punctuation, everything but ASCII) counts a token a byte, letters and spaces
/// a token for every two. Each message, call and tool adds 16 for its framing,
/// and tools or a schema add 600 for what providers say about them. It is what
/// a lease is made from; what is charged is what the provider counts.
uint64_t bound_tokens(const models::chat_request& what);

/// What bounds the tokens of a text that comes in pieces.
struct text_bound {
  uint64_t dense = 0;
  uint64_t light = 0;

  void add(std::string_view text);

  uint64_t tokens() const {
    return dense + (light + 1) / 2;
  }
};

/// What a prompt's tokens probably are: one for every three and a half bytes,
/// and the same for framing. For room in a context, not for money.
uint64_t estimate_tokens(const models::chat_request& what);

} // namespace machine::costs

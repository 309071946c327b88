#pragma once

#include "actors/models/chat.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

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

/// What a model costs, in micro-dollars per million tokens.
struct price {
  micro_usd input = 0;
  /// Of tokens that the provider has in its cache.
  micro_usd cached = 0;
  micro_usd output = 0;

  static constexpr const char* wire_name = "price";

  static constexpr auto fields() {
    return wire::members(wire::field{"input", &price::input},
                         wire::field{"cached", &price::cached},
                         wire::field{"output", &price::output});
  }

  bool operator==(const price&) const = default;
};

/// What a call with this *usage* costs, rounded up to a micro-dollar. At most a
/// billion dollars, so that sums of costs stay within what an amount can be.
micro_usd cost(const price& per_million, const models::token_usage& usage);

/// The most that a call can cost: nothing of its prompt is cached, and its
/// answer is as long as it may be.
micro_usd worst_case(const price& per_million, uint64_t prompt_tokens,
                     uint64_t max_output_tokens);

/// An upper bound on the tokens of a prompt, for any tokenizer of today's
/// models: they work on bytes, and merge. What is dense in tokens (digits,
/// punctuation, everything but ASCII) counts a token a byte, letters and spaces
/// a token for every two. Each message, call and tool adds 16 for its framing,
/// and tools or a schema add 600 for what providers say about them. It is what
/// a lease is made from; what is charged is what the provider counts.
uint64_t bound_tokens(const models::chat_request& what);

/// What a prompt's tokens probably are: one for every three and a half bytes,
/// and the same for framing. For room in a context, not for money.
uint64_t estimate_tokens(const models::chat_request& what);

} // namespace machine::costs

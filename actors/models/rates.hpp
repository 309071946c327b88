#pragma once

#include "runtime/net/client.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace machine::models {

/// What a provider says of one of its limits on a key.
struct rate_limit_state {
  std::optional<uint64_t> limit;
  /// How much of it is left.
  std::optional<uint64_t> remaining;
  /// How long until all of it is there again.
  std::optional<duration> reset;

  bool operator==(const rate_limit_state&) const = default;
};

/// What the headers of an answer say of the limits on its key.
struct rate_report {
  rate_limit_state requests;
  /// Where a provider counts both sides of a call together, or says only which
  /// of its limits is the nearest.
  rate_limit_state tokens;
  rate_limit_state input_tokens;
  rate_limit_state output_tokens;

  bool operator==(const rate_report&) const = default;
};

/// What *head* says: `x-ratelimit-*` as OpenAI, Azure, Groq and others send it,
/// `anthropic-ratelimit-*` as Anthropic does, whose times are compared to
/// *now*. None if it says nothing that can be read.
std::optional<rate_report> read_rates(const net::response_head& head,
                                      timestamp now);

/// Reads `6m0s`, `1s`, `20ms`, `1h2m3.5s`, or a number of seconds. None for
/// anything else; at most a day.
std::optional<duration> read_reset(std::string_view text);

} // namespace machine::models

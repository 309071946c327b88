#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"
#include "runtime/wire/codec.hpp"

namespace machine::models {

/// Whether calls to a model of a provider are let through.
enum class breaker_state : uint8_t {
  closed,
  /// None for a while: it fails.
  open,
  /// A few, to see whether it works again.
  half_open,
};

constexpr auto wire_names(breaker_state) {
  return std::array<std::pair<std::string_view, breaker_state>, 3>{{
    {"closed", breaker_state::closed},
    {"open", breaker_state::open},
    {"half_open", breaker_state::half_open},
  }};
}

/// When a breaker opens, for how long, and what closes it.
struct breaker_rule {
  /// It opens after so many failures in a row, and also when this part of the
  /// calls of the window has failed, 0 to 1, if there were enough of them. A
  /// model that is dead is found by the first, one that fails now and then by
  /// the second.
  uint32_t failures_in_a_row = 5;
  double error_rate = 0.5;
  uint32_t least_calls = 20;
  duration window{60'000};
  /// Each time that it opens soon after it closed, or from a probe, it stays
  /// open twice as long as the time before.
  duration cooldown{5'000};
  duration longest_cooldown{300'000};
  /// Calls that are let through at the same time while it is half open; one
  /// that is never heard of again counts for so long.
  uint32_t probes = 1;
  duration probe_timeout{120'000};
  /// Probes that have to succeed in a row.
  uint32_t successes = 2;
};

/// Calls of a part of the window.
struct breaker_slot {
  /// The part's number since the epoch.
  int64_t number = 0;
  uint32_t calls = 0;
  uint32_t failures = 0;

  bool operator==(const breaker_slot&) const = default;
};

/// A call that was let through to see.
struct breaker_probe {
  uint64_t number = 0;
  timestamp began{};

  bool operator==(const breaker_probe&) const = default;
};

/// What is known of the calls to one model of one provider. Pure: time comes in
/// as an argument; where a clock goes back, it is taken for the last change.
struct breaker {
  static constexpr size_t slots = 6;

  breaker_state state = breaker_state::closed;
  /// Counts changes of the state: calls that began before say nothing.
  uint64_t epoch = 0;
  timestamp changed{};
  /// While it is open.
  timestamp until{};
  uint32_t failures_in_a_row = 0;
  std::array<breaker_slot, slots> window{};
  /// How often it has opened without having been closed for long.
  uint32_t openings = 0;
  std::vector<breaker_probe> probes{};
  uint64_t probes_begun = 0;
  uint32_t successes = 0;

  bool operator==(const breaker&) const = default;
};

/// The answer to `may_call`, which is handed back with the call's end.
struct permission {
  enum class kind : uint8_t { granted, probe, refused };

  kind what = kind::granted;
  uint64_t epoch = 0;
  uint64_t probe = 0;
  /// Of `refused`: when to ask again.
  duration wait{0};
};

/// What the end of a call says about its provider.
enum class health : uint8_t {
  works,
  fails,
  /// Nothing: the call was stopped here, or never left.
  unknown,
};

/// What an error, or `ec::none`, says. What is wrong with the request (it is
/// refused, too long, or of content that is not answered) shows a provider that
/// works.
health health_of(ec code);

/// Asks to make a call. A probe takes a place until its end is told.
permission may_call(breaker& x, const breaker_rule& rule, timestamp now);

/// Whether a call would be let through, without making it.
bool would_let(const breaker& x, const breaker_rule& rule, timestamp now);

/// Tells how the call that *with* was given for has ended. A failure with
/// *retry_after* opens the breaker at once, for as long as was asked; at most
/// `longest_cooldown`.
void call_ended(breaker& x, const breaker_rule& rule, const permission& with,
                ec code, std::optional<duration> retry_after, timestamp now);

/// The part of the calls of the window that failed, 0 to 1.
double error_rate(const breaker& x, const breaker_rule& rule, timestamp now);

/// What other nodes are told when a breaker opens or closes.
struct breaker_signal {
  std::string provider;
  std::string model;
  breaker_state state = breaker_state::closed;
  timestamp changed{};
  timestamp until{};
  uint32_t openings = 0;

  static constexpr const char* wire_name = "breaker_signal";

  static constexpr auto fields() {
    return wire::members(wire::field{"provider", &breaker_signal::provider},
                         wire::field{"model", &breaker_signal::model},
                         wire::field{"state", &breaker_signal::state},
                         wire::field{"changed", &breaker_signal::changed},
                         wire::field{"until", &breaker_signal::until},
                         wire::field{"openings", &breaker_signal::openings});
  }

  bool operator==(const breaker_signal&) const = default;
};

breaker_signal signal_of(const breaker& x, std::string provider,
                         std::string model);

/// Takes over what another node has found out, if it is newer: the later change
/// counts, of two at the same time the one that is open, and longer. So all
/// nodes agree, in whatever order they hear of it and however often. Times that
/// lie too far ahead are cut. Each node sends its own probes.
void hear(breaker& x, const breaker_rule& rule, const breaker_signal& from,
          timestamp now);

} // namespace machine::models

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::models::breaker_signal>;
extern template struct machine::wire::message_codec<
  machine::models::breaker_signal>;

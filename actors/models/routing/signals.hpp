#pragma once

#include "actors/models/routing/breaker.hpp"
#include "actors/models/routing/exploration.hpp"

namespace machine::models {

/// How a provider is, as far as a choice depends on it.
struct provider_signal {
  /// It asked to be left alone until then.
  std::optional<timestamp> paused_until;

  bool operator==(const provider_signal&) const = default;
};

/// How a model is.
struct model_signal {
  /// Its breaker lets nothing through until then.
  std::optional<timestamp> broken_until;
  /// The part of its calls that failed of late, 0 to 1.
  double error_rate = 0;
  /// Calls under way, and how many there may be at most.
  uint32_t in_flight = 0;
  std::optional<uint32_t> most_in_flight;

  bool operator==(const model_signal&) const = default;
};

/// What the world is like now, in the eyes of one node.
struct signals {
  timestamp now{};
  /// By name, and by id; nothing is known of what is missing.
  std::map<std::string, provider_signal> providers;
  std::map<std::string, model_signal> models;
  exploration_ledger explored;
};

/// What *x* says at *now*.
model_signal signal_of(const breaker& x, const breaker_rule& rule,
                       timestamp now);

} // namespace machine::models

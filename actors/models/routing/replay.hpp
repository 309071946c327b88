#pragma once

#include "actors/models/routing/rank.hpp"

namespace machine::models {

/// A call of the past, as far as a choice depends on it.
struct routed_call {
  selection_request needs;
  /// Who answered, and what became known of it.
  observation seen;
  token_usage usage;

  static constexpr const char* wire_name = "routed_call";

  static constexpr auto fields() {
    return wire::members(wire::field{"needs", &routed_call::needs},
                         wire::field{"seen", &routed_call::seen},
                         wire::field{"usage", &routed_call::usage});
  }

  bool operator==(const routed_call&) const = default;
};

/// What calls cost and achieved, or would have.
struct replay_side {
  micro_usd cost = 0;
  /// Standard deviations of what is estimated: in micro-dollars, and 0 to 1.
  micro_usd cost_deviation = 0;
  /// The mean of all calls, 0 to 1.
  double quality = 0;
  double quality_deviation = 0;
  /// The mean.
  duration latency{0};
  /// How often each model was chosen.
  std::map<std::string, uint64_t> chosen;

  static constexpr const char* wire_name = "replay_side";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"cost", &replay_side::cost},
      wire::field{"cost_deviation", &replay_side::cost_deviation},
      wire::field{"quality", &replay_side::quality},
      wire::field{"quality_deviation", &replay_side::quality_deviation},
      wire::field{"latency", &replay_side::latency},
      wire::field{"chosen", &replay_side::chosen});
  }

  bool operator==(const replay_side&) const = default;
};

/// Past traffic beside what another policy would have made of it.
struct replay_report {
  /// Calls that both sides sum up.
  uint64_t calls = 0;
  /// Calls for which the policy chooses another model.
  uint64_t changed = 0;
  /// Calls that no model may answer under the policy; in no sum.
  uint64_t refused = 0;
  /// Why the first of them was.
  std::string first_refusal;
  replay_side was;
  replay_side would;

  static constexpr const char* wire_name = "replay_report";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"calls", &replay_report::calls},
      wire::field{"changed", &replay_report::changed},
      wire::field{"refused", &replay_report::refused},
      wire::field{"first_refusal", &replay_report::first_refusal},
      wire::field{"was", &replay_report::was},
      wire::field{"would", &replay_report::would});
  }

  bool operator==(const replay_report&) const = default;
};

/// What *calls*, oldest first, would have cost and achieved under *policy*. No
/// model is asked; each call is ranked with what had been learned until then,
/// and then learned from as it was. Nothing is explored, and every provider is
/// taken for healthy.
///
/// Where the policy chooses the model that answered, what is known of the
/// answer counts. Where it chooses another, its quality is the mean of what is
/// known at that time, and its cost is the catalogue's price of the tokens that
/// were counted, with an answer that is as much longer as the model's answers
/// to such jobs usually are. What caches would have held is taken to be the
/// same. The quality of an answer that nobody has judged is estimated on both
/// sides.
///
/// Deviations are of what is estimated. Estimates for the same model, kind of
/// job and size of prompt are off in the same direction, so that many calls do
/// not make them better; those of different ones are independent.
replay_report replay(const std::vector<routed_call>& calls,
                     const catalogue& from, const routing_policy& policy,
                     learner knows);

} // namespace machine::models

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::models::routed_call>;
extern template struct machine::wire::message_codec<
  machine::models::routed_call>;
extern template struct machine::wire::codec<machine::models::replay_report>;
extern template struct machine::wire::message_codec<
  machine::models::replay_report>;

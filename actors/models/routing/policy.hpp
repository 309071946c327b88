#pragma once

#include "actors/models/catalogue.hpp"
#include "runtime/wire/codec.hpp"

namespace machine::models {

/// What matters most to a request. Whatever it is, a model that is good enough
/// comes before one that is not.
enum class preference : uint8_t {
  /// The cheapest that is good enough: `select`'s rule.
  cheap,
  balanced,
  fast,
  best,
};

constexpr auto wire_names(preference) {
  return std::array<std::pair<std::string_view, preference>, 4>{{
    {"cheap", preference::cheap},
    {"balanced", preference::balanced},
    {"fast", preference::fast},
    {"best", preference::best},
  }};
}

/// Where a provider may run.
enum class locality : uint8_t { any, local_only };

constexpr auto wire_names(locality) {
  return std::array<std::pair<std::string_view, locality>, 2>{{
    {"any", locality::any},
    {"local_only", locality::local_only},
  }};
}

/// What becomes of an answer that ends too early after a part of it has been
/// passed on.
enum class stream_failover : uint8_t {
  /// A model goes on from the text so far, where its protocol can do that;
  /// where it cannot, as `fail`.
  resume,
  /// The client is told to forget what it has, and gets a whole answer.
  restart,
  /// The client is told that the answer has ended early.
  fail,
};

constexpr auto wire_names(stream_failover) {
  return std::array<std::pair<std::string_view, stream_failover>, 3>{{
    {"continue", stream_failover::resume},
    {"restart", stream_failover::restart},
    {"fail", stream_failover::fail},
  }};
}

/// How much each part of `utility` counts; at least one is not 0.
struct utility_weights {
  double quality = 1;
  double cost = 0;
  double latency = 0;

  static constexpr const char* wire_name = "utility_weights";

  static constexpr auto fields() {
    return wire::members(wire::field{"quality", &utility_weights::quality},
                         wire::field{"cost", &utility_weights::cost},
                         wire::field{"latency", &utility_weights::latency});
  }

  bool operator==(const utility_weights&) const = default;
};

/// What may be spent on learning how good models are.
struct exploration_rule {
  bool on = true;
  /// In what part of the calls another model may be tried, 0 to 1.
  double share = 0.1;
  /// What tried models may cost more than those that would have been chosen, in
  /// micro-dollars for each window.
  micro_usd budget = 100'000;
  duration window{3'600'000};

  static constexpr const char* wire_name = "exploration_rule";

  static constexpr auto fields() {
    return wire::members(wire::field{"on", &exploration_rule::on},
                         wire::field{"share", &exploration_rule::share},
                         wire::field{"budget", &exploration_rule::budget},
                         wire::field{"window", &exploration_rule::window});
  }

  bool operator==(const exploration_rule&) const = default;
};

/// A second model is asked as well if the first is unusually slow to begin.
struct hedging_rule {
  bool on = false;
  /// It is slow after the time within which so many of its answers have begun,
  /// 0.5 to 0.999.
  double quantile = 0.95;

  static constexpr const char* wire_name = "hedging_rule";

  static constexpr auto fields() {
    return wire::members(wire::field{"on", &hedging_rule::on},
                         wire::field{"quantile", &hedging_rule::quantile});
  }

  bool operator==(const hedging_rule&) const = default;
};

/// Where an answer can be checked, a cheaper model may be tried first: for
/// requests with a schema whose clients want a whole answer and no stream.
struct cascade_rule {
  bool on = true;
  /// Models in a row, 1 to 4.
  uint32_t longest = 2;

  static constexpr const char* wire_name = "cascade_rule";

  static constexpr auto fields() {
    return wire::members(wire::field{"on", &cascade_rule::on},
                         wire::field{"longest", &cascade_rule::longest});
  }

  bool operator==(const cascade_rule&) const = default;
};

/// Whether answers that were given before are given again to clients that do
/// not say what they want.
struct cache_rule {
  /// Also for a last text that is nearly the same: the least cosine of their
  /// vectors, 0.5 to 1; none: nothing is kept unless a client says so.
  std::optional<double> semantic;
  /// The model that makes the vectors, which calls pay for; empty: a built-in
  /// one, which takes wordings for the same that are nearly identical.
  std::string embedder;

  static constexpr const char* wire_name = "cache_rule";

  static constexpr auto fields() {
    return wire::members(wire::field{"semantic", &cache_rule::semantic},
                         wire::field{"embedder", &cache_rule::embedder});
  }

  bool operator==(const cache_rule&) const = default;
};

/// What other models may be asked for, and how often.
struct fallback_rule {
  /// Whether another model may take over from one that fails.
  bool on = true;
  /// Also from one that refuses the content.
  bool on_refusal = true;
  /// Calls for one answer, hedges and first ones included, 1 to 10.
  uint32_t tries = 4;
  /// Bound on all of them together.
  duration deadline{600'000};
  stream_failover in_stream = stream_failover::resume;

  static constexpr const char* wire_name = "fallback_rule";

  static constexpr auto fields() {
    return wire::members(wire::field{"on", &fallback_rule::on},
                         wire::field{"on_refusal", &fallback_rule::on_refusal},
                         wire::field{"tries", &fallback_rule::tries},
                         wire::field{"deadline", &fallback_rule::deadline},
                         wire::field{"in_stream", &fallback_rule::in_stream});
  }

  bool operator==(const fallback_rule&) const = default;
};

/// How requests want to be served.
struct routing_policy {
  std::string name = "default";
  preference prefer = preference::balanced;
  /// Instead of those that belong to `prefer`.
  std::optional<utility_weights> weights;
  /// What is good enough, 0 to 1; none: what the request says.
  std::optional<double> minimum_quality;
  /// Wildcards of ids and names; nothing allowed stands for all, and what is
  /// denied is denied though it be allowed.
  std::vector<std::string> allowed_models;
  std::vector<std::string> denied_models;
  std::vector<std::string> allowed_providers;
  std::vector<std::string> denied_providers;
  locality where = locality::any;
  /// Where providers that are not local may run; empty: anywhere.
  std::vector<std::string> regions;
  /// Only providers that have promised it, and local ones.
  bool no_training = false;
  bool zero_retention = false;
  exploration_rule exploration;
  fallback_rule fallback;
  hedging_rule hedging;
  cascade_rule cascade;
  cache_rule cache;

  static constexpr const char* wire_name = "routing_policy";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &routing_policy::name},
      wire::field{"prefer", &routing_policy::prefer},
      wire::field{"weights", &routing_policy::weights},
      wire::field{"minimum_quality", &routing_policy::minimum_quality},
      wire::field{"allowed_models", &routing_policy::allowed_models},
      wire::field{"denied_models", &routing_policy::denied_models},
      wire::field{"allowed_providers", &routing_policy::allowed_providers},
      wire::field{"denied_providers", &routing_policy::denied_providers},
      wire::field{"where", &routing_policy::where},
      wire::field{"regions", &routing_policy::regions},
      wire::field{"no_training", &routing_policy::no_training},
      wire::field{"zero_retention", &routing_policy::zero_retention},
      wire::field{"exploration", &routing_policy::exploration},
      wire::field{"fallback", &routing_policy::fallback},
      wire::field{"hedging", &routing_policy::hedging},
      wire::field{"cascade", &routing_policy::cascade},
      wire::later{"cache", &routing_policy::cache});
  }

  bool operator==(const routing_policy&) const = default;
};

/// Bounds on what a policy can say.
constexpr size_t max_patterns = 100;
constexpr size_t max_pattern_bytes = 128;
constexpr double max_weight = 1'000;
constexpr uint32_t max_fallback_tries = 10;
constexpr uint32_t max_cascade = 4;
constexpr double least_near = 0.5;
constexpr duration min_call_deadline{1'000};
constexpr duration max_call_deadline{3'600'000};
constexpr duration min_exploration_window{60'000};
constexpr duration max_exploration_window{31LL * 24 * 3'600'000};

/// `invalid_argument` with the member and its mending if *x* is out of bounds.
caf::error check_policy(const routing_policy& x);

/// The weights that *x* weighs with.
utility_weights weights_of(const routing_policy& x);

/// The cost from which on each tenfold counts as much as the one before, in
/// micro-dollars.
constexpr double cost_unit = 100;

/// The latency that counts 1.
constexpr duration latency_unit{10'000};

/// What a call is worth: U = wq q - wc log10(1 + c / 100) - wl t / 10.
///
/// q is the expected quality, 0 to 1; c the expected cost in micro-dollars; t
/// the expected time until the whole answer is there, in seconds. All weights
/// are in units of quality, so that `balanced`, with wc = 0.06 and wl = 0.04,
/// pays ten times as much for 0.06 more, and waits ten seconds for 0.04.
///
/// The cost counts by its logarithm because what an answer is worth to somebody
/// grows with what is asked: who sends a hundred pages expects to pay more than
/// who sends a line, and for both twice the price is twice the price. Dollars
/// as such would make every long prompt choose the cheapest model and every
/// short one the best. Below a hundredth of a cent (c = 100) the logarithm
/// flattens out, since nobody cares. Time counts as it is, for waiting twice as
/// long is twice the waiting.
double utility(const utility_weights& by, double quality, micro_usd cost,
               duration latency);

/// Why *policy* forbids *model* of *provider*, a sentence without its end;
/// empty if it does not.
std::string forbidden_by(const routing_policy& policy, const model_entry& model,
                         const provider_entry& provider);

} // namespace machine::models

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::models::routing_policy>;
extern template struct machine::wire::message_codec<
  machine::models::routing_policy>;

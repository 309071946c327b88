#pragma once

#include "actors/models/routing/policy.hpp"
#include "actors/models/selector.hpp"

namespace machine::models {

/// What is known of the check that answers have to pass (a schema, tests).
struct verifier {
  micro_usd cost = 0;
  duration takes{0};
  /// The part of the bad answers that it finds, and of the good ones that it
  /// lets pass, 0 to 1. Tests find most; a schema sees the form alone.
  double finds = 0.9;
  double spares = 0.99;
  /// How far failures coincide, 0 to 1: from those of models that know nothing
  /// of each other to those where what one of them fails at, each that is worse
  /// fails at, too.
  double shared = 0.5;
};

/// What a schema is as a check: it costs nothing and finds fault with no answer
/// that is good, but it sees the form alone. That half of what is wrong shows
/// in the form is a guess; what is learned of models corrects what follows from
/// it.
constexpr verifier schema_verifier{0, duration{1}, 0.5, 1, 0.5};

/// Which models are asked in a row until an answer passes the check.
struct cascade {
  /// The first is asked first; of the last, the answer is taken as it is.
  std::vector<candidate> order;
  /// The most that all of it can cost: every model is asked, with the longest
  /// answers, and all but the last are checked.
  micro_usd worst_case = 0;
  /// What is expected of it.
  micro_usd expected = 0;
  double quality = 0;
  duration latency{0};
  double utility = 0;
  /// One sentence.
  std::string why;
};

/// The order with the highest expected utility under *policy*, of at most
/// `cascade_rule::longest` models, whose worst case stays within *lease*; one
/// model alone where more are not worth it. As in FrugalGPT (Chen, Zaharia,
/// Zou, 2023), but the order is found by trying all orders of the best
/// candidates, and not by learning it. What is good enough comes before what is
/// not.
///
/// `budget_exceeded` if no model alone fits into the lease; `no_model` without
/// candidates.
/// @param candidates As ranked, each with its quality, costs and latency.
/// @param enough What is good enough, 0 to 1.
caf::expected<cascade> plan_cascade(const std::vector<candidate>& candidates,
                                    const verifier& check,
                                    const routing_policy& policy, double enough,
                                    micro_usd lease);

} // namespace machine::models

#pragma once

#include "actors/costs/money.hpp"
#include "actors/models/provider.hpp"

namespace machine::models {

/// What is known of a call that has ended, for what it is charged.
struct call_record {
  costs::price price;
  /// The bound on its prompt.
  costs::prompt_size prompt;
  /// What was set aside.
  micro_usd reserved = 0;
  /// The tokens that what came of its answer can have.
  uint64_t seen_tokens = 0;
  /// Something of the answer came.
  bool began = false;
  /// It may have thought more than it showed.
  bool hides_thoughts = false;
};

/// What a call is charged for. What the provider has counted to the end is the
/// truth, also where it is more than was set aside. A call that it did not take
/// costs nothing. Of one that broke off, the bounds on what it can have cost
/// are charged, and never more than was set aside: the prompt and what came of
/// the answer; all that was set aside if nothing came, or if it may have
/// thought more than it showed.
micro_usd charge_for(const call_record& what, const call_outcome& outcome);

} // namespace machine::models

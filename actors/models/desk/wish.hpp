#pragma once

#include "actors/models/catalogue_source.hpp"
#include "actors/models/desk/order.hpp"
#include "actors/models/routing/policy.hpp"
#include "actors/models/selector.hpp"

namespace machine::models {

/// How a client's order is served.
struct order_wish {
  selection_request request;
  routing_policy policy;
};

/// The policy that holds for a tenant, whatever its calls ask for.
const routing_policy& policy_of(const std::string& tenant,
                                const model_stock& stock,
                                const routing_policy& usual);

/// Whether *model* may answer calls of *tenant* that name it: its provider is
/// set up, and the policy that holds for the tenant does not forbid it.
bool may_answer(const model_entry& model, const std::string& tenant,
                const model_stock& stock, const routing_policy& usual);

/// What *what* asks for. Fails with `not_found` (there is no such model) or
/// `invalid_argument` (no such policy, or `auto:` and something else).
/// @param usual The policy where there is no file of them.
caf::expected<order_wish> wish_of(const order& what,
                                  const chat_request& request,
                                  const model_stock& stock,
                                  const routing_policy& usual);

/// Whether *model* may think more than it shows when it answers *request*: then
/// what an answer costs cannot be seen while it streams.
bool hides_thoughts(const model_entry& model, const chat_request& request);

} // namespace machine::models

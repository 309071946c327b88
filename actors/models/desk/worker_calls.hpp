#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/desk/made_call.hpp"
#include "actors/models/routing/breaker.hpp"

#include <caf/actor_addr.hpp>

#include <functional>
#include <map>
#include <string>

namespace machine::models {

struct desk_state;

/// The calls that workers make for runs, as far as they concern the desk: the
/// money in budgets of agents and models, and what is learned of the models.
/// Belongs to the desk's actor.
class worker_calls {
public:
  using answer = std::function<void(const caf::error&)>;

  explicit worker_calls(desk_state& at) : at_(at) {}

  /// Asks leave for *what*. *then* is called once it may begin, or may not:
  /// `budget_exceeded`, `unavailable`, or `cancelled` if it is not wanted any
  /// more. Asked again for the same call, the last one to ask is answered.
  void reserve(const planned_call& what, const caf::actor_addr& worker,
               answer then);

  /// A call has ended. Unknown names are ignored.
  void end(const made_call& what);

  /// Who made these calls has ended, and nobody will tell how they went.
  void bury(const caf::actor_addr& worker);

  /// Whether *worker* has calls.
  bool has(const caf::actor_addr& worker) const;

private:
  struct item {
    /// As it was when the call was planned.
    model_entry model;
    caf::actor_addr worker{};
    std::string tenant{};
    uint64_t number = 0;
    costs::call_line line{};
    permission permitted{};
    answer then{};
    bool begun = false;
  };

  void answer_with(const std::string& name, uint64_t number,
                   const caf::error& why);
  void close(const item& x, const made_call& how, costs::call_end end);
  void settle(const item& x, const made_call& how, costs::call_end end);
  void learn(const item& x, const made_call& how);

  desk_state& at_;
  std::map<std::string, item> open_;
};

} // namespace machine::models

#pragma once

#include "actors/orchestrator/dispatch/queue.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace machine::sim {

/// Sees what waits in dispatch and what begins, and says when somebody is
/// passed over: of those who wait for something that a pool can perform,
/// nobody begins twice before everybody has begun once. That holds for tenants,
/// and for the runs of each.
class turns {
public:
  using queue = orchestrator::dispatching::queue;

  /// *order* is to be performed, sooner or later.
  void expect(const orchestrator::activation_key& at,
              const orchestrator::attempt_order& order);

  /// What *pool* can perform.
  void offer(const orchestrator::pool_offer& pool);

  /// What follows from something that *all* has heard, which it knows already.
  void see(const queue& all,
           const std::vector<orchestrator::dispatching::action>& what);

private:
  struct contender {
    orchestrator::need what;
    uint64_t token = 0;
    /// How many had begun when it was first seen in line; none: it is not.
    std::optional<uint64_t> since;
  };

  using grouping =
    std::function<std::string(const orchestrator::activation_key&)>;
  using keys = std::vector<orchestrator::activation_key>;

  void check(const orchestrator::dispatching::begin& next, const keys& waiting,
             const grouping& group, const char* rule) const;

  std::map<orchestrator::activation_key, contender> all_;
  std::map<std::string, orchestrator::pool_offer> pools_;
  /// When each tenant and each run began last.
  std::map<std::string, uint64_t> last_;
  uint64_t begun_ = 0;
};

} // namespace machine::sim

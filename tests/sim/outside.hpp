#pragma once

#include "actors/orchestrator/run/effect_events.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace machine::sim {

class watch;

/// What the machine does things to: it counts.
class outside {
public:
  struct record {
    /// How often it was done.
    uint32_t times = 0;
    /// What all of that has cost.
    micro_usd cost = 0;
  };

  explicit outside(const watch& by) : watch_(by) {}

  /// Where something is done.
  struct place {
    std::string run;
    std::string activation;
    std::string node;

    auto operator<=>(const place&) const = default;
  };

  /// *effect* begins to happen.
  void begin(const place& where, const std::string& effect, uint64_t token);

  /// It has ended.
  void end(const place& where, const std::string& effect, micro_usd cost);

  /// The node is dead, and nothing of it lives.
  void forget_work(const std::string& node);

  const record& at(const std::string& run, const std::string& effect) const;

  const std::map<std::string, record>& all() const {
    return records_;
  }

private:
  const watch& watch_;
  /// By `run|effect`.
  std::map<std::string, record> records_;
  /// What happens now.
  std::map<place, std::string> under_way_;
};

} // namespace machine::sim

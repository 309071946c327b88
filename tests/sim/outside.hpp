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
    bool under_way = false;
  };

  explicit outside(const watch& by) : watch_(by) {}

  /// *effect* of *run* begins to happen.
  void begin(const std::string& run, const std::string& activation,
             const std::string& effect);

  /// It has ended.
  void end(const std::string& run, const std::string& effect, micro_usd cost);

  /// The machine is dead, and nothing of it lives.
  void forget_work();

  const record& at(const std::string& run, const std::string& effect) const;

  const std::map<std::string, record>& all() const {
    return records_;
  }

private:
  const watch& watch_;
  /// By `run|effect`.
  std::map<std::string, record> records_;
  /// What happens now, by `run|activation`.
  std::map<std::string, std::string> under_way_;
};

} // namespace machine::sim

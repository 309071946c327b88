#pragma once

#include "actors/orchestrator/dispatch/offer.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// Lets those take turns who wait for something: next is whoever had no turn
/// for the longest time, and who comes goes to the end. So everybody has one
/// turn before anybody has two.
class rotation {
public:
  /// *who* waits for one more *what*.
  void add(const std::string& who, const need& what);

  /// *who* waits for one *what* less.
  void remove(const std::string& who, const need& what);

  /// *who* has had its turn.
  void serve(const std::string& who);

  /// Who is next of those that wait for any of *these*.
  std::optional<std::string> next(const std::vector<const need*>& these) const;

private:
  struct member {
    uint64_t turn = 0;
    std::map<need, size_t> waits_for;
  };

  std::map<std::string, member> members_;
  /// Those who wait for each need, by their turns.
  std::map<need, std::map<uint64_t, std::string>> order_;
  uint64_t last_turn_ = 0;
};

} // namespace machine::orchestrator

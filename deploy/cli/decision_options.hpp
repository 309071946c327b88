#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string>

/// Commands about why which model was asked.
namespace machine::cli {

/// `model decisions`: the newest decisions.
struct decision_list {
  std::optional<std::string> model;
  std::optional<std::string> principal;
  std::optional<std::string> key;
  std::optional<timestamp> since;
  std::optional<timestamp> until;
  uint32_t limit = 50;
};

/// `model explain DECISION`: why which model was asked, and what came of it.
struct decision_explain {
  std::string id;
};

/// `model replay --policy FILE`: what past calls would have cost and achieved.
struct decision_replay {
  /// A file with one policy, or the name of one that the machine has.
  std::string policy;
  std::optional<std::string> model;
  std::optional<std::string> principal;
  std::optional<std::string> key;
  std::optional<timestamp> since;
  std::optional<timestamp> until;
  /// The newest so many calls.
  uint32_t limit = 10'000;
};

} // namespace machine::cli

#pragma once

#include "actors/models/routing/learner.hpp"
#include "runtime/error.hpp"

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace machine::models {

/// Whose call it was, and what `observe` needs to know of it.
struct remembered_call {
  std::string tenant;
  std::string project;
  std::string model;
  std::string job;
  /// As estimated.
  uint64_t prompt_tokens = 0;
  /// What was said of its answer.
  std::optional<bool> tests_passed;
  std::optional<bool> accepted;
};

/// How many calls are remembered, and for how long.
constexpr size_t max_remembered_calls = 20'000;
constexpr duration remembered_for{6 * 3'600'000};

/// Calls of the last hours, for what becomes known of their answers later.
/// Pure: time comes in as an argument.
class call_memory {
public:
  explicit call_memory(size_t most = max_remembered_calls) : most_(most) {}

  void keep(const std::string& id, remembered_call what, timestamp now);

  /// `not_found` if it is forgotten, or another tenant's.
  caf::expected<remembered_call>
  find(const std::string& id, const std::string& tenant, timestamp now) const;

  /// Notes what was said of the call *id*, which is there.
  /// @returns what is new of it; none: nothing is. `conflict` if the contrary
  ///   was said before, which is learned already.
  caf::expected<std::optional<observation>>
  judge(const std::string& id, std::optional<bool> tests_passed,
        std::optional<bool> accepted);

  size_t size() const {
    return calls_.size();
  }

private:
  struct item {
    remembered_call what;
    timestamp until{};
  };

  void forget(timestamp now);

  const size_t most_;
  std::unordered_map<std::string, item> calls_;
  /// The oldest first.
  std::deque<std::string> order_;
};

} // namespace machine::models

#pragma once

#include "actors/orchestrator/workflow/jq_engine.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace machine::orchestrator {

/// Tame programs (`jq_plan`), compiled for all threads. jq needs milliseconds
/// to compile, but for many programs hardly more than for one: those that are
/// likely to be needed together are compiled together.
class jq_cache {
public:
  /// None if the program is not known.
  std::optional<jq_answer> answer(const jq_request& what);

  /// Compiles those of *programs* that are tame and not known; waits while
  /// others compile.
  void add(const std::vector<std::string>& programs);

  /// The same, unless others compile: false.
  bool try_add(const std::vector<std::string>& programs);

private:
  /// Programs that were compiled as one, which is told which of them to run.
  struct bundle {
    std::mutex mutex;
    std::unique_ptr<jq_program> program;
    /// Why there is none.
    std::string problem;
  };

  struct place {
    std::shared_ptr<bundle> in;
    size_t index = 0;
  };

  using part = std::vector<std::string>;

  void compile_fresh(const part& programs);
  void compile(const part& programs, size_t first, size_t last);

  std::mutex adding_;
  std::mutex mutex_;
  std::unordered_map<std::string, place> known_;
};

} // namespace machine::orchestrator

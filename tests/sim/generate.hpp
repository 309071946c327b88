#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"
#include "tests/sim/dice.hpp"

#include <string>
#include <vector>

namespace machine::sim {

/// Makes workflows of all kinds of steps, as `load_workflow` would accept them.
class generator {
public:
  explicit generator(dice& by) : dice_(by) {}

  /// A workflow with those that it calls.
  orchestrator::workflow make();

private:
  struct place {
    std::optional<std::string> parent;
    std::optional<std::string> block;
    int depth = 0;
    /// Something happens at the same time for other items.
    bool parallel = false;
    /// In a block `undo`, at any depth.
    bool undoes = false;
  };

  orchestrator::workflow make_one(const std::string& name, int size);
  std::vector<std::string> add_steps(const place& at, int most);
  std::string add_step(const place& at, const std::vector<std::string>& before);
  void add_common(orchestrator::step& to,
                  const std::vector<std::string>& before);
  void add_blocks(size_t index, const place& at);
  void add_action(size_t index, const place& at);
  void add_work(orchestrator::step& to, const place& at);
  void add_waiting(orchestrator::step& to, const place& at);
  void add_body(size_t index, const place& at);

  dice& dice_;
  orchestrator::workflow* to_ = nullptr;
  std::vector<std::string> callable_;
  int last_ = 0;
  int left_ = 0;
};

} // namespace machine::sim

#pragma once

#include "runtime/entity/entity.hpp"

#include <string>

namespace machine::orchestrator {

/// Names what one worker at a time is at.
struct activation_key {
  entity::key run;
  std::string activation;

  auto operator<=>(const activation_key&) const = default;
};

} // namespace machine::orchestrator

#pragma once

#include "actors/orchestrator/workflow/jq.hpp"

namespace machine::test {

/// What *program* yields for *input*, or what is wrong with it.
inline std::string eval(std::string_view program, std::string input = "null",
                        const orchestrator::jq_limits& limits = {}) {
  auto x = orchestrator::evaluate_jq(program, {std::move(input)}, limits);
  return x ? x->text : render(x.error());
}

} // namespace machine::test

#include "runtime/telemetry/sampler.hpp"

namespace machine {

bool is_chosen(trace_id trace, double ratio) {
  constexpr uint64_t all = uint64_t{1} << 56;
  if (!(ratio > 0))
    return false;
  if (ratio >= 1)
    return true;
  // Consistent with who rejects below a threshold: the highest are taken.
  auto rejected = all - static_cast<uint64_t>(ratio * static_cast<double>(all));
  return (trace.low & (all - 1)) >= rejected;
}

bool is_sampled(const std::optional<trace_context>& parent, trace_id trace,
                double ratio) {
  return parent ? parent->sampled : is_chosen(trace, ratio);
}

} // namespace machine

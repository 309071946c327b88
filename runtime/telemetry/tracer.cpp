#include "runtime/telemetry/tracer.hpp"

#include "runtime/telemetry/sampler.hpp"

namespace machine {

tracer::tracer(sink to, double ratio)
    : to_(to ? std::make_shared<const sink>(std::move(to)) : nullptr),
      ratio_(ratio) {}

bool tracer::samples(trace_id trace, std::optional<bool> decided) const {
  return decided.value_or(is_on() && is_chosen(trace, ratio_));
}

void tracer::record(span what) const {
  if (is_on() && what.context().sampled)
    (*to_)(std::move(what));
}

} // namespace machine

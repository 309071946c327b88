#include "runtime/telemetry/export/counts.hpp"

namespace machine {

namespace {

struct outcome {
  metrics::counter spans;
  uint64_t export_counts::*count;
};

} // namespace

caf::expected<std::shared_ptr<const void>>
publish(metrics& to, std::function<export_counts()> counts) {
  auto ended = to.counters({"themachine_trace_spans_total",
                            "Spans that were recorded, by what became of them.",
                            {"outcome"}});
  if (!ended)
    return ended.error();
  auto waiting =
    to.gauges({"themachine_trace_spans_waiting",
               "Spans that wait for the collector or are being sent.",
               {}});
  if (!waiting)
    return waiting.error();
  std::vector<outcome> outcomes{
    {ended->with({"exported"}), &export_counts::exported},
    {ended->with({"failed"}), &export_counts::failed},
    {ended->with({"dropped"}), &export_counts::dropped}};
  return to.on_collect([outcomes = std::move(outcomes),
                        length = waiting->with(), counts = std::move(counts),
                        last = export_counts{}]() mutable {
    auto next = counts();
    for (auto& [spans, count] : outcomes)
      spans.add(static_cast<double>(next.*count - last.*count));
    length.add(static_cast<double>(next.waiting)
               - static_cast<double>(last.waiting));
    last = next;
  });
}

} // namespace machine

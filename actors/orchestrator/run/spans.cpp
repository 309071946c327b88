#include "actors/orchestrator/run/spans.hpp"

#include "runtime/telemetry/derived_id.hpp"
#include "runtime/telemetry/semantic_conventions.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

span_id span_id_of(const std::string& run) {
  return derive_span_id("run " + run);
}

} // namespace

run_trace to_run_trace(const trace_context& x) {
  run_trace result{to_hex(x.trace), to_hex(x.span), x.sampled, std::nullopt};
  if (!x.state.empty())
    result.state = x.state;
  return result;
}

std::optional<trace_context> read_run_trace(const run_trace& x) {
  auto flags = x.sampled.value_or(false) ? "-01" : "-00";
  return read_trace_context("00-" + x.trace + "-" + x.span + flags,
                            x.state.value_or(""));
}

trace_context context_of_run(const std::string& id,
                             const std::optional<run_trace>& kept,
                             const tracer& by) {
  auto around = kept ? read_run_trace(*kept) : std::nullopt;
  auto result = around.value_or(trace_context{});
  if (!around)
    result.trace = derive_trace_id("run " + id);
  result.span = span_id_of(id);
  result.sampled =
    by.samples(result.trace, around ? kept->sampled : std::nullopt);
  return result;
}

run_trace trace_below_run(const std::string& id,
                          const std::optional<run_trace>& kept) {
  auto result = to_run_trace(context_of_run(id, kept, {}));
  // It is not for the run to say.
  if (!kept || !kept->sampled || !read_run_trace(*kept))
    result.sampled.reset();
  return result;
}

span span_of_run(const std::string& id, const close_trace& what,
                 const tracer& by) {
  namespace names = semconv;
  auto around = what.trace ? read_run_trace(*what.trace) : std::nullopt;
  span result{
    context_of_run(id, what.trace, by), around ? around->span : span_id{},
    names::span_name(names::operations::invoke_workflow, what.workflow),
    span_kind::internal, what.began};
  result.set(names::gen_ai_operation,
             std::string{names::operations::invoke_workflow});
  result.set(names::gen_ai_workflow_name, what.workflow);
  result.set(names::gen_ai_conversation, id);
  result.set(names::run_id, id);
  result.set(names::run_result, std::string{wire::to_name(what.result)});
  result.set(names::cost, int64_t{what.spent});
  // Words of people and programs are no telemetry: the code is enough.
  if (what.result == run_result::failed)
    result.fail(what.code, "");
  result.end(what.ended);
  return result;
}

} // namespace machine::orchestrator

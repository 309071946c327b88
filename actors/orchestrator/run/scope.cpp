#include "actors/orchestrator/run/scope.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

std::string_view state_name(activation_phase x) {
  return wire::to_name(x);
}

void add_member(std::string& out, std::string_view name,
                std::string_view value) {
  if (out.back() != '{')
    out += ',';
  out += wire::to_json(std::string{name});
  out += ':';
  out += value;
}

std::string describe(const activation& x) {
  std::string out = "{";
  add_member(out, "state", wire::to_json(std::string{state_name(x.phase)}));
  add_member(out, "output", x.output.text);
  if (x.code.empty()) {
    add_member(out, "error", "null");
  } else {
    std::string error = "{";
    add_member(error, "code", wire::to_json(x.code));
    add_member(error, "message", wire::to_json(x.message));
    add_member(out, "error", error + "}");
  }
  return out + "}";
}

/// Adds the steps of the present round of *block*, or of the workflow itself.
void add_steps(std::string& out, const run_state& now,
               const activation* block) {
  auto prefix = activation_id(block, "");
  for (auto& x : now.activations)
    if (x.id.size() == prefix.size() + x.step.size() && x.id.starts_with(prefix)
        && !x.step.starts_with('@'))
      add_member(out, x.step, describe(x));
}

/// The activation of the block around *x*; null if there is none.
const activation* parent_of(const run_state& now, const activation& x) {
  auto end = x.id.rfind('[');
  return end == std::string::npos
         ? nullptr
         : find_activation(now, std::string_view{x.id}.substr(0, end));
}

} // namespace

json_text scope_of(const run_state& now, const activation* block) {
  std::string out = "{";
  add_member(out, "inputs", now.created.inputs.text);
  std::string vars = "{";
  for (auto& [name, value] : now.vars)
    add_member(vars, name, value.text);
  add_member(out, "vars", vars + "}");
  std::string steps = "{";
  for (auto* x = block; x != nullptr; x = parent_of(now, *x))
    add_steps(steps, now, x);
  add_steps(steps, now, nullptr);
  add_member(out, "steps", steps + "}");
  std::string about = "{";
  add_member(about, "title", wire::to_json(now.created.title));
  add_member(about, "branch", wire::to_json(now.branch));
  add_member(out, "run", about + "}");
  add_member(out, "iteration", std::to_string(block ? block->rounds : 0));
  return {out + "}"};
}

json_text steps_of_round(const run_state& now, const activation& block) {
  std::string out = "{";
  add_steps(out, now, &block);
  return {out + "}"};
}

} // namespace machine::orchestrator

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

/// What stands between the brackets of a block's instance.
std::string_view label_of(std::string_view block) {
  auto begin = block.rfind('[');
  return block.substr(begin + 1, block.size() - begin - 2);
}

const step* owner_step(const run_state& now, std::string_view block) {
  return find_step(now, step_of(owner_of(block)));
}

/// The name of a block's instance in the workflow.
std::string_view name_of(const run_state& now, std::string_view block) {
  if (block.empty())
    return {};
  auto label = label_of(block);
  auto* what = owner_step(now, block);
  auto numbered = what != nullptr
               && !std::holds_alternative<route_step>(what->action)
               && label.find_first_not_of("0123456789") == label.npos;
  return numbered ? std::string_view{} : label;
}

void add_steps(std::string& out, const run_state& now, std::string_view block) {
  auto* plan =
    program_of(now).block(step_of(owner_of(block)), name_of(now, block));
  if (plan == nullptr)
    return;
  for (auto step : plan->steps) {
    auto& id = now.definition.steps[step].id;
    if (auto* x = find_activation(now, activation_id(block, id)))
      add_member(out, id, describe(*x));
  }
}

/// Where the innermost numbered blocks around something stand.
struct surroundings {
  std::optional<uint32_t> round;
  std::optional<uint32_t> index;
  const json_text* item = nullptr;

  void note(const run_state& now, std::string_view block) {
    auto* what = owner_step(now, block);
    if (what == nullptr || !name_of(now, block).empty())
      return;
    auto number =
      static_cast<uint32_t>(std::stoul(std::string{label_of(block)}));
    if (std::holds_alternative<repeat_step>(what->action)) {
      if (!round)
        round = number;
    } else if (!index) {
      index = number - 1;
      auto* owner = find_activation(now, owner_of(block));
      if (owner != nullptr && *index < owner->items.size())
        item = &owner->items[*index];
    }
  }
};

} // namespace

json_text scope_of(const run_state& now, std::string_view block) {
  std::string out = "{";
  add_member(out, "inputs", now.created.inputs.text);
  std::string vars = "{";
  for (auto& [name, value] : now.vars)
    add_member(vars, name, value.text);
  add_member(out, "vars", vars + "}");
  std::string steps = "{";
  surroundings where;
  for (; !block.empty(); block = block_of(owner_of(block))) {
    add_steps(steps, now, block);
    where.note(now, block);
  }
  add_steps(steps, now, {});
  add_member(out, "steps", steps + "}");
  std::string about = "{";
  add_member(about, "title", wire::to_json(now.created.title));
  add_member(about, "branch", wire::to_json(now.branch));
  add_member(out, "run", about + "}");
  add_member(out, "iteration", std::to_string(where.round.value_or(0)));
  add_member(out, "item", where.item ? where.item->text : "null");
  add_member(out, "index", where.index ? std::to_string(*where.index) : "null");
  return {out + "}"};
}

json_text steps_of_block(const run_state& now, std::string_view block) {
  std::string out = "{";
  add_steps(out, now, block);
  return {out + "}"};
}

} // namespace machine::orchestrator

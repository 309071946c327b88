#include "actors/orchestrator/run/scope.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/workflow/expressions.hpp"
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

/// @param names Of the steps that are needed; empty: all.
void add_steps(std::string& out, const run_state& now, std::string_view block,
               const std::set<std::string>& names) {
  auto* plan =
    now.definition.plan().block(step_of(owner_of(block)), name_of(now, block));
  if (plan == nullptr)
    return;
  for (auto step : plan->steps) {
    auto& id = now.definition->steps[step].id;
    if (!names.empty() && !names.contains(id))
      continue;
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

std::string vars_of(const run_state& now, const std::set<std::string>& names) {
  std::string out = "{";
  if (names.empty())
    for (auto& [name, value] : now.vars)
      add_member(out, name, value.text);
  for (auto& name : names)
    if (auto i = now.vars.find(name); i != now.vars.end())
      add_member(out, name, i->second.text);
  return out + "}";
}

/// The steps that those in *block* can see.
std::string steps_around(const run_state& now, std::string_view block,
                         const std::set<std::string>& names) {
  std::string out = "{";
  for (; !block.empty(); block = block_of(owner_of(block)))
    add_steps(out, now, block, names);
  add_steps(out, now, {}, names);
  return out + "}";
}

} // namespace

json_text run_scope::read(const jq_needs& what) const {
  // The members that are needed; null: none. Empty: all.
  static const std::set<std::string> whole;
  auto needed = [&](std::string_view root) -> const std::set<std::string>* {
    if (what.all)
      return &whole;
    auto i = what.members.find(root);
    return i != what.members.end() ? &i->second : nullptr;
  };
  std::string out = "{";
  if (needed("inputs") != nullptr)
    add_member(out, "inputs", now_.created.inputs.text);
  if (auto* names = needed("vars"))
    add_member(out, "vars", vars_of(now_, *names));
  if (auto* names = needed("steps"))
    add_member(out, "steps", steps_around(now_, block_, *names));
  if (needed("run") != nullptr) {
    std::string about = "{";
    add_member(about, "title", wire::to_json(now_.created.title));
    add_member(about, "branch", wire::to_json(now_.branch));
    add_member(out, "run", about + "}");
  }
  if (needed("iteration") != nullptr || needed("item") != nullptr
      || needed("index") != nullptr) {
    surroundings where;
    for (std::string_view at = block_; !at.empty(); at = block_of(owner_of(at)))
      where.note(now_, at);
    add_member(out, "iteration", std::to_string(where.round.value_or(0)));
    add_member(out, "item", where.item ? where.item->text : "null");
    add_member(out, "index",
               where.index ? std::to_string(*where.index) : "null");
  }
  return {out + "}"};
}

std::vector<std::string> run_scope::others() const {
  return expressions_in(*now_.definition);
}

json_text steps_of_block(const run_state& now, std::string_view block) {
  std::string out = "{";
  add_steps(out, now, block, {});
  return {out + "}"};
}

} // namespace machine::orchestrator

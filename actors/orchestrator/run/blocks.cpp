#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "actors/orchestrator/run/planner.hpp"
#include "actors/orchestrator/run/scope.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

/// How blocks begin, go on and end.
namespace machine::orchestrator {

namespace {

/// The elements of a list; `invalid_argument` if *x* is none.
caf::expected<std::vector<json_text>> elements_of(const json_text& x) {
  auto tree = wire::parse_json(x.text, {.max_bytes = max_value_bytes});
  if (!tree)
    return std::move(tree.error());
  if (tree->root().kind != wire::node_kind::list)
    return make_error(ec::invalid_argument,
                      "expected a list, but this is "
                        + std::string{wire::describe_kind(tree->root().kind)});
  std::vector<json_text> result;
  for (auto* i = tree->first(tree->root()); i != nullptr; i = tree->next(*i))
    result.push_back({wire::write_json(*tree, *i)});
  return result;
}

std::string list_of(const std::vector<json_text>& values) {
  std::string result = "[";
  for (auto& x : values) {
    result += result.size() > 1 ? "," : "";
    result += x.text;
  }
  return result + "]";
}

} // namespace

void planner::open_block(const std::string& owner,
                         std::optional<std::string> name, uint32_t number) {
  auto id = block_id(owner, name, number);
  emit(block_started{owner, std::move(id), std::move(name), number});
}

void planner::begin_action(const repeat_step&, const std::string& id) {
  open_block(id, std::nullopt, 1);
}

void planner::begin_action(const foreach_step& x, const std::string& id) {
  auto value = jq_.evaluate(x.items, run_scope{now(), block_of(id)});
  auto items = value ? elements_of(*value) : value.error();
  if (!items)
    return fail_with(id, with_context("items", items.error()));
  if (items->size() > x.max)
    return fail_with(id,
                     make_error(ec::limit_exceeded,
                                "there are " + std::to_string(items->size())
                                  + " items; at most " + std::to_string(x.max)
                                  + " are allowed: raise max, or take fewer"));
  emit(items_listed{id, std::move(*items)});
}

void planner::begin_action(const route_step& x, const std::string& id) {
  run_scope scope{now(), block_of(id)};
  for (size_t i = 0; i < x.cases.size(); ++i) {
    auto& option = x.cases[i];
    auto name = std::to_string(i + 1);
    auto value =
      option.when ? jq_.evaluate(*option.when, scope) : json_text{"true"};
    if (!value)
      return fail_with(
        id, with_context("case " + option.name.value_or(name), value.error()));
    if (is_true(*value))
      return open_block(id, name, 0);
  }
  emit(step_done{id, {R"({"case":null,"steps":{}})"}, std::nullopt});
}

/// Begins as many items as there is room for, or ends the step.
void planner::begin_items(const std::string& owner) {
  auto* there = find_activation(now(), owner);
  auto* what = find_step(now(), there->step);
  auto& each = std::get<foreach_step>(what->action);
  auto all = there->items.size();
  if (there->rounds < all) {
    while (there->rounds < all
           && there->rounds - there->items_ended < each.parallel && !is_full())
      open_block(owner, std::nullopt, there->rounds + 1);
    return;
  }
  auto failed = there->failures.size();
  finish_with(owner, {R"({"items":)" + std::to_string(all) + R"(,"done":)"
                      + std::to_string(all - failed) + R"(,"failed":)"
                      + std::to_string(failed) + R"(,"results":)"
                      + list_of(there->results) + R"(,"failures":)"
                      + list_of(there->failures) + "}"});
}

/// All steps of a block have ended.
void planner::end_block(const std::string& id) {
  jq_.renew();
  if (id.empty())
    return end_workflow();
  auto& block = now().blocks.at(id);
  if (block.name == failure_block || block.name == undo_block) {
    emit(block_ended{id, {}, "", ""});
    return;
  }
  auto owner = block.owner;
  auto* what = find_step(now(), step_of(owner));
  if (auto* x = std::get_if<repeat_step>(&what->action)) {
    end_round(id, *x);
  } else if (auto* x = std::get_if<foreach_step>(&what->action)) {
    end_item(id, *x);
  } else if (auto* x = std::get_if<route_step>(&what->action)) {
    auto& name = *block.name;
    auto& chosen = x->cases.at(std::stoul(name) - 1);
    finish_with(owner,
                {R"({"case":)" + wire::to_json(chosen.name.value_or(name))
                 + R"(,"steps":)" + steps_of_block(now(), id).text + "}"});
  }
}

void planner::end_workflow() {
  json_text output;
  if (auto& expression = now().definition->output) {
    auto value = jq_.evaluate(*expression, run_scope{now(), {}});
    if (!value) {
      close(run_result::failed, to_string(code_of(value.error())),
            "output of the workflow: " + message_of(value.error()));
      return;
    }
    output = std::move(*value);
  }
  close(run_result::done, "", "", std::move(output));
}

void planner::end_round(const std::string& id, const repeat_step& what) {
  auto owner = now().blocks.at(id).owner;
  auto round = now().blocks.at(id).number;
  auto satisfied = jq_.evaluate(what.until, run_scope{now(), id});
  if (!satisfied)
    return fail_with(owner, with_context("until", satisfied.error()));
  if (!is_true(*satisfied) && round < what.max)
    return open_block(owner, std::nullopt, round + 1);
  finish_with(owner,
              {R"({"iterations":)" + std::to_string(round) + R"(,"satisfied":)"
               + (is_true(*satisfied) ? "true" : "false") + R"(,"steps":)"
               + steps_of_block(now(), id).text + "}"});
}

void planner::end_item(const std::string& id, const foreach_step& what) {
  json_text output;
  if (what.output) {
    auto value = jq_.evaluate(*what.output, run_scope{now(), id});
    if (!value)
      return fail_block(id, to_string(code_of(value.error())),
                        id + ": output: " + message_of(value.error()));
    output = std::move(*value);
  } else {
    output = steps_of_block(now(), id);
  }
  if (auto err = check_value("the result of an item", output))
    return fail_block(id, to_string(code_of(err)), id + ": " + message_of(err));
  emit(block_ended{id, std::move(output), "", ""});
}

void planner::finish_with(const std::string& activation, json_text output) {
  if (auto err = check_value("its output", output))
    fail_with(activation, err);
  else
    emit(step_done{activation, std::move(output), std::nullopt});
}

} // namespace machine::orchestrator

#include "actors/orchestrator/workflow/known_values.hpp"

#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

constexpr const char* step_schema =
  R"({"type":"object","additionalProperties":false,"properties":{)"
  R"("state":{"type":"string"},"output":{},"error":{"type":["object","null"],)"
  R"("additionalProperties":false,"properties":{"code":{"type":"string"},)"
  R"("message":{"type":"string"}}}}})";

constexpr const char* command_schema =
  R"({"type":["object","null"],"additionalProperties":false,"properties":{)"
  R"("exit_code":{"type":"integer"},"output":{"type":"string"},)"
  R"("elapsed_ms":{"type":"integer"},"note":{"type":"string"}}})";

constexpr const char* foreach_schema =
  R"({"type":["object","null"],"additionalProperties":false,"properties":{)"
  R"("items":{"type":"integer"},"done":{"type":"integer"},)"
  R"("failed":{"type":"integer"},"results":{"type":"array"},)"
  R"("failures":{"type":"array","items":{"type":"object",)"
  R"("additionalProperties":false,"properties":{"index":{"type":"integer"},)"
  R"("code":{"type":"string"},"message":{"type":"string"}}}}}})";

constexpr const char* repeat_schema =
  R"({"type":["object","null"],"additionalProperties":false,"properties":{)"
  R"("iterations":{"type":"integer"},"satisfied":{"type":"boolean"},)"
  R"("steps":{"type":"object"}}})";

constexpr const char* route_schema =
  R"({"type":["object","null"],"additionalProperties":false,"properties":{)"
  R"("case":{"type":["string","null"]},"steps":{"type":"object"}}})";

/// Null has no members, and says so.
constexpr const char* no_value =
  R"({"type":"null","additionalProperties":false})";

/// The schema of the output of *x*; what is not known satisfies `{}`.
struct output_schema {
  json_text operator()(const agent_step& x) const {
    return x.output.value_or(json_text{"{}"});
  }

  json_text operator()(const model_step& x) const {
    return x.output.value_or(json_text{R"({"type":["string","null"]})"});
  }

  json_text operator()(const command_step&) const {
    return {command_schema};
  }

  json_text operator()(const approve_step& x) const {
    return x.answer.value_or(json_text{approval_schema});
  }

  json_text operator()(const wait_step& x) const {
    return x.signal ? x.schema.value_or(json_text{"{}"}) : json_text{no_value};
  }

  json_text operator()(const foreach_step&) const {
    return {foreach_schema};
  }

  json_text operator()(const repeat_step&) const {
    return {repeat_schema};
  }

  json_text operator()(const route_step&) const {
    return {route_schema};
  }

  template <class Other>
  json_text operator()(const Other&) const {
    return {"{}"};
  }
};

/// What a reducer makes of a variable, whatever is set.
json_text reduced_schema(reducer x) {
  switch (x) {
    case reducer::replace: break;
    case reducer::append:
    case reducer::unite: return {R"({"type":"array"})"};
    case reducer::merge: return {R"({"type":"object"})"};
    case reducer::add: return {R"({"type":"number"})"};
    case reducer::max:
    case reducer::min: return {R"({"type":["number","null"]})"};
  }
  return {"{}"};
}

bool is_field(const path_part& x, std::string_view name) {
  return x.what == path_part::kind::field && x.name == name;
}

/// Whether the part *i* of *rest* is a field, of any name.
bool has_field(std::span<const path_part> rest, size_t i) {
  return i < rest.size() && rest[i].what == path_part::kind::field;
}

} // namespace

known_values::known_values(const workflow& what, const step_graph& graph)
    : what_(what), graph_(graph), input_schema_(what.inputs),
      inputs_(input_schema_.names()) {}

std::optional<std::string>
known_values::find_fault(const std::vector<path_part>& whole, size_t each) {
  auto found = locate(whole, each);
  auto size = whole.size() - found.rest.size();
  return found.schema.find_fault(
    spell({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}),
    found.rest);
}

schema_part known_values::follow(const std::vector<path_part>& whole,
                                 size_t each) {
  auto found = locate(whole, each);
  return found.schema.follow(found.rest);
}

size_t known_values::untyped_answer(const std::vector<path_part>& whole) {
  auto i = locate(whole, step_graph::none).step;
  if (i == step_graph::none)
    return i;
  auto* model = std::get_if<model_step>(&graph_.at(i).action);
  return model != nullptr && !model->output ? i : step_graph::none;
}

known_values::located known_values::locate(path whole, size_t each) {
  if (whole.empty())
    return {};
  auto rest = whole.subspan(1);
  static const schema_part number{json_text{R"({"type":"integer"})"}};
  if (is_field(whole[0], "inputs"))
    return {input_schema_, rest};
  if (is_field(whole[0], "iteration") || is_field(whole[0], "index"))
    return {number, rest};
  if (is_field(whole[0], "item") && each != step_graph::none)
    return {item_of(each), rest};
  if (!has_field(rest, 0))
    return {};
  if (is_field(whole[0], "vars")) {
    auto reduced = what_.reducers.find(rest[0].name);
    if (reduced == what_.reducers.end())
      return {};
    return {schema_part{reduced_schema(reduced->second)}, rest.subspan(1)};
  }
  if (is_field(whole[0], "steps"))
    if (auto i = graph_.find(rest[0].name); i != step_graph::none)
      return locate_in_step(i, rest.subspan(1));
  return {};
}

known_values::located known_values::locate_in_step(size_t i, path rest) {
  if (!rest.empty() && is_field(rest[0], "output"))
    return locate_in_output(i, rest.subspan(1));
  static const schema_part any_step{json_text{step_schema}};
  return {any_step, rest};
}

known_values::located known_values::locate_in_output(size_t i, path rest) {
  auto& action = graph_.at(i).action;
  // Past the output of a block to that of one of its steps.
  size_t past = 0;
  if (!rest.empty() && is_field(rest[0], "steps")
      && (std::holds_alternative<repeat_step>(action)
          || std::holds_alternative<route_step>(action)))
    past = 1;
  auto* each = std::get_if<foreach_step>(&action);
  if (each != nullptr && !each->output && rest.size() > 1
      && is_field(rest[0], "results") && rest[1].what != path_part::kind::slice)
    past = 2;
  if (past > 0 && has_field(rest, past)) {
    auto inner = graph_.find(rest[past].name);
    if (inner != step_graph::none && graph_.parent(inner) == i
        && graph_.is_body(inner))
      return locate_in_step(inner, rest.subspan(past + 1));
    // No step of the block has this name.
    std::string names;
    for (size_t k = i + 1; k < graph_.size() && graph_.is_around(i, k); ++k)
      if (graph_.parent(k) == i && graph_.is_body(k))
        names +=
          (names.empty() ? "" : ",") + wire::to_json(graph_.at(k).id) + ":{}";
    return {schema_part{json_text{
              R"({"type":"object","additionalProperties":false,"properties":{)"
              + names + "}}"}},
            rest.subspan(past)};
  }
  auto [known, added] = outputs_.try_emplace(i);
  if (added)
    known->second = schema_part{std::visit(output_schema{}, action)};
  return {known->second, rest, i};
}

const schema_part& known_values::item_of(size_t each) {
  auto [known, added] = items_.try_emplace(each);
  if (!added)
    return known->second;
  auto& action = std::get<foreach_step>(graph_.at(each).action);
  auto paths = paths_of(action.items);
  if (paths.size() == 1 && paths[0].whole) {
    paths[0].parts.push_back({path_part::kind::all, {}});
    auto item = follow(paths[0].parts, graph_.foreach_of(each));
    items_[each] = std::move(item);
  }
  return items_[each];
}

} // namespace machine::orchestrator

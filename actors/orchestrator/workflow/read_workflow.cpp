#include "actors/orchestrator/workflow/read_workflow.hpp"

#include "actors/orchestrator/workflow/json_schema.hpp"
#include "actors/orchestrator/workflow/read_parts.hpp"
#include "actors/orchestrator/workflow/suggest.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// The short form names inputs and their schemas; the long one is a schema.
json_text read_inputs(const source_node& node, problems& found) {
  if (node.what == source_node::kind::none || node.is_null())
    return {R"({"type":"object","properties":{}})"};
  if (!node.is_map()) {
    found.add(node.where, "inputs: expected a map of names to schemas");
    return {"{}"};
  }
  auto* type = node.find("type");
  auto* properties = node.find("properties");
  if ((type != nullptr && type->is_scalar())
      || (properties != nullptr && properties->is_map()))
    return to_json(node);
  std::string required;
  for (auto& item : node.members)
    if (item.value.is_map() && item.value.find("default") == nullptr)
      required += (required.empty() ? "" : ",") + wire::to_json(item.key);
  return {R"({"type":"object","properties":)" + to_json(node).text
          + R"(,"required":[)" + required
          + R"(],"additionalProperties":false})"};
}

/// What the first value of a variable with the reducer *x* must be; empty if
/// anything will do.
std::string_view first_value(reducer x, const json_text& value) {
  auto first = value.text.empty() ? ' ' : value.text[0];
  auto is_number = first == '-' || (first >= '0' && first <= '9');
  switch (x) {
    case reducer::replace: return {};
    case reducer::append:
    case reducer::unite: return first == '[' ? "" : "a list such as []";
    case reducer::merge: return first == '{' ? "" : "a map such as {}";
    case reducer::add: return is_number ? "" : "a number such as 0";
    case reducer::max:
    case reducer::min: break;
  }
  return is_number || value.text == "null" ? "" : "a number, or null for none";
}

void read_reducers(map_reader& in, workflow& to, problems& found) {
  auto& node = in.take("reducers");
  if (!in.has("reducers"))
    return;
  map_reader names{node, "reducers", found};
  if (!names.is_map())
    return;
  std::vector<std::string> known;
  for (auto& [name, value] : wire_names(reducer{}))
    known.emplace_back(name);
  for (auto& item : node.members) {
    auto name = names.text(item.key);
    auto shown = item.key.substr(0, 80);
    auto how = wire::from_name<reducer>(name);
    auto var = to.vars.find(item.key);
    if (!how) {
      std::string list;
      for (auto& x : known)
        list += (list.empty() ? "" : ", ") + x;
      auto near = suggest(found, name, known);
      names.complain(item.key,
                     "there is no reducer " + name.substr(0, 80)
                       + (near.empty() ? "; there are " + list : near));
    } else if (var == to.vars.end()) {
      names.complain(item.key, "there is no variable " + shown
                                 + "; declare it under vars"
                                 + suggest(found, shown, keys_of(to.vars)));
    } else if (auto wanted = first_value(*how, var->second); !wanted.empty()) {
      names.complain(item.key, name + " needs " + std::string{wanted}
                                 + " to begin with, and " + shown
                                 + " begins as "
                                 + var->second.text.substr(0, 64));
    } else if (*how != reducer::replace) {
      to.reducers[item.key] = *how;
    }
  }
}

} // namespace

draft read_workflow(map_reader& in, problems& found) {
  draft result;
  auto& to = result.what;
  to.description = in.text("description");
  to.inputs = read_inputs(in.take("inputs"), found);
  if (auto ok = check_schema(to.inputs); !ok)
    found.add(in.where("inputs"), "inputs: " + message_of(ok.error()));
  else if (auto fit = check_defaults(to.inputs); !fit)
    found.add(in.where("inputs"), "inputs: " + message_of(fit.error())
                                    + "; change the default or its schema");
  auto& vars = in.take("vars");
  if (in.has("vars"))
    if (map_reader names{vars, "vars", found}; names.is_map())
      for (auto& item : vars.members)
        to.vars[item.key] = to_json(item.value, member_order::by_key);
  read_reducers(in, to, found);
  to.guard = read_guard(in, "guard", found);
  to.output = in.optional_text("output");
  result.where.output = in.where("output");
  auto& steps = in.take("steps");
  if (!in.has("steps"))
    found.add(in.where(), "steps is missing; a workflow needs at least one");
  else
    read_steps({to, result.where, found}, steps, {});
  return result;
}

} // namespace machine::orchestrator

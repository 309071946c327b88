#include "actors/orchestrator/workflow/load.hpp"

#include "actors/orchestrator/workflow/check.hpp"
#include "actors/orchestrator/workflow/json_schema.hpp"
#include "actors/orchestrator/workflow/map_reader.hpp"
#include "actors/orchestrator/workflow/read_steps.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <filesystem>
#include <fstream>

namespace machine::orchestrator {

namespace {

caf::error too_large(const std::string& file, uintmax_t size) {
  return make_error(ec::limit_exceeded, file + ": the file has "
                                          + std::to_string(size)
                                          + " bytes; a workflow has at most "
                                          + std::to_string(max_workflow_bytes));
}

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

} // namespace

caf::expected<workflow> load_workflow(std::string_view text,
                                      const std::string& file_name,
                                      const load_context& context) {
  if (text.size() > max_workflow_bytes)
    return too_large(file_name, text.size());
  auto root = parse_source(text, file_name, max_workflow_depth);
  if (!root)
    return std::move(root.error());
  problems found{file_name};
  map_reader in{*root, "workflow", found};
  if (!in.is_map())
    return found.to_error();
  workflow result;
  source_map where;
  result.name = in.text("name");
  if (!is_name(result.name))
    found.add(in.where("name"), in.has("name")
                                  ? "name: \"" + result.name.substr(0, 80)
                                      + "\" is not 1 to 64 of a-z 0-9 _ -, "
                                        "first a letter"
                                  : "name is missing; add `name: my-workflow`");
  result.description = in.text("description");
  result.inputs = read_inputs(in.take("inputs"), found);
  if (auto ok = check_schema(result.inputs); !ok)
    found.add(in.where("inputs"), "inputs: " + message_of(ok.error()));
  else if (auto fit = check_defaults(result.inputs); !fit)
    found.add(in.where("inputs"), "inputs: " + message_of(fit.error())
                                    + "; change the default or its schema");
  auto& vars = in.take("vars");
  if (in.has("vars")) {
    if (map_reader names{vars, "vars", found}; names.is_map())
      for (auto& item : vars.members)
        result.vars[item.key] = to_json(item.value);
  }
  result.output = in.optional_text("output");
  where.output = in.where("output");
  auto& steps = in.take("steps");
  in.finish();
  if (!in.has("steps"))
    found.add(in.where(), "steps is missing; a workflow needs at least one");
  else
    read_steps(steps, std::nullopt, result, where, found);
  // What refers to something else is only looked at if that could be read.
  if (found.empty())
    check_graph(result, where, context, found);
  if (!found.empty())
    return found.to_error();
  return result;
}

caf::expected<workflow> load_workflow_file(const std::string& path,
                                           const load_context& context) {
  std::error_code code;
  auto size = std::filesystem::file_size(path, code);
  if (code)
    return make_error(ec::not_found, "cannot read the workflow " + path + ": "
                                       + code.message());
  if (size > max_workflow_bytes)
    return too_large(path, size);
  std::ifstream in{path, std::ios::binary};
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return load_workflow(text, path, context);
}

std::string normal_form(const workflow& what) {
  return wire::to_json(what);
}

std::string workflow_hash(const workflow& what) {
  auto text = normal_form(what);
  return store::hash_blob(as_bytes(text));
}

} // namespace machine::orchestrator

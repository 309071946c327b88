#include "actors/agents/session/role.hpp"

#include "actors/orchestrator/workflow/json_schema.hpp"
#include "runtime/embedded.hpp"
#include "runtime/toml.hpp"

#include <algorithm>
#include <array>

namespace machine::agents {

namespace {

bool is_role_name(const std::string& x) {
  return !x.empty() && x.size() <= 64
      && std::all_of(x.begin(), x.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
               || c == '-';
         });
}

} // namespace

caf::expected<role> load_role(std::string_view text,
                              std::string_view file_name) {
  auto file = toml_file::parse(text, std::string{file_name});
  if (!file)
    return std::move(file.error());
  auto in = file->root();
  role x;
  x.name = in.text("name");
  if (!is_role_name(x.name))
    in.complain("name", "must have 1 to 64 of a-z, 0-9, _ and -");
  x.description = in.text("description", "");
  x.system = in.text("system");
  x.tools = in.texts("tools");
  x.max_turns = static_cast<uint32_t>(in.integer("max_turns", 30, 1, 200));
  x.max_output_tokens =
    static_cast<uint32_t>(in.integer("max_output_tokens", 8'192, 256, 128'000));
  x.job = in.text("job", "general");
  x.output.text = in.json("output");
  if (auto ok = orchestrator::check_schema(x.output); !ok)
    in.complain("output", "is no JSON Schema: " + message_of(ok.error()));
  in.finish();
  if (auto err = file->problems())
    return err;
  return x;
}

caf::expected<std::map<std::string, role>> built_in_roles() {
  constexpr std::array<std::string_view, 3> names{"code", "debug", "test"};
  std::map<std::string, role> result;
  for (auto name : names) {
    auto path = "actors/agents/roles/" + std::string{name} + ".toml";
    auto loaded = load_role(embedded_file(path), path);
    if (!loaded)
      return std::move(loaded.error());
    result.emplace(name, std::move(*loaded));
  }
  return result;
}

} // namespace machine::agents

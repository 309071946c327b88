#include "actors/agents/tools/tools.hpp"

#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <array>

namespace machine::agents {

namespace {

struct tool_entry {
  const char* name;
  tool_effect effect;
  const char* description;
  const char* parameters;
};

constexpr std::array<tool_entry, 6> all_tools{{
  {"list_files", tool_effect::reads,
   "Lists the files of the project, relative to its top.",
   R"({"type":"object","properties":{)"
   R"("glob":{"type":"string","description":"such as src/**/*.cpp"},)"
   R"("limit":{"type":"integer","minimum":1,"maximum":5000}},)"
   R"("additionalProperties":false})"},
  {"read_file", tool_effect::reads, "Reads a text file, with line numbers.",
   R"({"type":"object","properties":{"path":{"type":"string"},)"
   R"("first_line":{"type":"integer","minimum":1},)"
   R"("max_lines":{"type":"integer","minimum":1,"maximum":2000}},)"
   R"("required":["path"],"additionalProperties":false})"},
  {"search_files", tool_effect::reads,
   "Finds the lines that match a regular expression.",
   R"({"type":"object","properties":{"pattern":{"type":"string"},)"
   R"("glob":{"type":"string"},"literal":{"type":"boolean"}},)"
   R"("required":["pattern"],"additionalProperties":false})"},
  {"write_file", tool_effect::edits,
   "Writes a whole file; makes it and its directories if needed.",
   R"({"type":"object","properties":{"path":{"type":"string"},)"
   R"("content":{"type":"string"}},"required":["path","content"],)"
   R"("additionalProperties":false})"},
  {"patch_file", tool_effect::edits,
   "Replaces texts in a file. Each `old` must stand in it exactly once.",
   R"({"type":"object","properties":{"path":{"type":"string"},)"
   R"("edits":{"type":"array","minItems":1,"items":{"type":"object",)"
   R"("properties":{"old":{"type":"string"},"new":{"type":"string"}},)"
   R"("required":["old","new"],"additionalProperties":false}}},)"
   R"("required":["path","edits"],"additionalProperties":false})"},
  {"run_command", tool_effect::runs,
   "Runs a shell command at the top of the project, in a sandbox.",
   R"({"type":"object","properties":{"command":{"type":"string"},)"
   R"("timeout_seconds":{"type":"integer","minimum":1,"maximum":3600}},)"
   R"("required":["command"],"additionalProperties":false})"},
}};

const tool_entry* find(const std::string& name) {
  auto i = std::find_if(all_tools.begin(), all_tools.end(),
                        [&](auto& x) { return name == x.name; });
  return i == all_tools.end() ? nullptr : &*i;
}

template <class Call, class Perform>
caf::expected<std::string> with_arguments(const models::tool_call& call,
                                          Perform perform) {
  auto arguments = wire::from_json<Call>(call.arguments.text);
  if (!arguments)
    return std::move(arguments.error());
  return perform(*arguments);
}

/// What a call is about, whichever tool it is.
struct subject {
  std::optional<std::string> path;
  std::optional<std::string> command;
  std::optional<std::string> pattern;
  std::optional<std::string> glob;

  static constexpr const char* wire_name = "subject";

  static constexpr auto fields() {
    return wire::members(wire::field{"path", &subject::path},
                         wire::field{"command", &subject::command},
                         wire::field{"pattern", &subject::pattern},
                         wire::field{"glob", &subject::glob});
  }
};
} // namespace

caf::expected<std::vector<models::tool_definition>>
find_tools(const std::vector<std::string>& names) {
  std::vector<models::tool_definition> result;
  for (auto& name : names) {
    auto* entry = find(name);
    if (entry == nullptr) {
      std::string known;
      for (auto& x : all_tools)
        known += std::string{known.empty() ? "" : ", "} + x.name;
      return make_error(ec::not_found,
                        "there is no tool " + name + "; there are " + known);
    }
    result.push_back({entry->name, entry->description, {entry->parameters}});
  }
  return result;
}

std::vector<std::string> tool_names() {
  std::vector<std::string> result;
  for (auto& x : all_tools)
    result.emplace_back(x.name);
  return result;
}

tool_effect effect_of(const std::string& name) {
  auto* entry = find(name);
  return entry == nullptr ? tool_effect::runs : entry->effect;
}

std::string describe_call(const models::tool_call& call) {
  auto result = call.name;
  if (auto x = wire::from_json<subject>(call.arguments.text))
    for (auto* part : {&x->path, &x->command, &x->pattern, &x->glob})
      if (*part)
        result += " " + **part;
  std::replace(result.begin(), result.end(), '\n', ' ');
  return wire::to_utf8(result.substr(0, 120));
}

caf::expected<std::string> perform_reading_tool(const std::string& worktree,
                                                const models::tool_call& call,
                                                std::stop_token stop) {
  reading_bounds bounds{.stop = std::move(stop)};
  if (call.name == "list_files")
    return with_arguments<list_files_call>(
      call, [&](auto& x) { return list_files(worktree, x, bounds); });
  if (call.name == "read_file")
    return with_arguments<read_file_call>(
      call, [&](auto& x) { return read_file(worktree, x); });
  if (call.name == "search_files")
    return with_arguments<search_files_call>(
      call, [&](auto& x) { return search_files(worktree, x, bounds); });
  return make_error(ec::not_found, "there is no tool " + call.name);
}

caf::expected<file_edit> plan_editing_tool(const std::string& worktree,
                                           const models::tool_call& call) {
  if (call.name == "write_file") {
    auto what = wire::from_json<write_file_call>(call.arguments.text);
    if (!what)
      return std::move(what.error());
    return plan_write(worktree, *what);
  }
  auto what = wire::from_json<patch_file_call>(call.arguments.text);
  if (!what)
    return std::move(what.error());
  return plan_patch(worktree, std::move(*what));
}

caf::expected<std::string> perform_edit(const std::string& worktree,
                                        const file_edit& what) {
  if (auto err = apply_edit(worktree, what))
    return err;
  return (what.before == "absent" ? "Created " : "Changed ") + what.path + ".";
}

std::optional<std::string> find_edit(const std::string& worktree,
                                     const models::tool_call& call,
                                     const std::string& guard) {
  // Both tools name their file alike.
  auto what = wire::from_json<subject>(call.arguments.text);
  if (!what || !what->path)
    return std::nullopt;
  auto now = hash_of_file(worktree, *what->path);
  if (!now || *now != guard)
    return std::nullopt;
  return "Changed " + *what->path + ".";
}

} // namespace machine::agents

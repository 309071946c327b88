#pragma once

#include "actors/agents/tools/files.hpp"
#include "actors/models/chat.hpp"
#include "runtime/error.hpp"

#include <string>
#include <vector>

namespace machine::agents {

/// What a tool does to the outside, for those who record it.
enum class tool_effect : uint8_t { reads, edits, runs };

/// The definitions of the tools named *names*, in their order; `not_found`
/// names the one that does not exist and lists all.
caf::expected<std::vector<models::tool_definition>>
find_tools(const std::vector<std::string>& names);

/// The names of all tools.
std::vector<std::string> tool_names();

/// What *name*, a tool that exists, does.
tool_effect effect_of(const std::string& name);

/// The call in a few words for people: `patch_file src/a.cpp`.
std::string describe_call(const models::tool_call& call);

/// Performs a call of a tool that only reads, with arguments that satisfy its
/// schema. Blocks, at most some seconds; *stop* ends it at once. What the model
/// should read.
caf::expected<std::string> perform_reading_tool(const std::string& worktree,
                                                const models::tool_call& call,
                                                std::stop_token stop = {});

/// Works out the edit that a call asks for, without making it. Blocks.
caf::expected<file_edit> plan_editing_tool(const std::string& worktree,
                                           const models::tool_call& call);

/// Makes the edit; what the model should read. Blocks.
caf::expected<std::string> perform_edit(const std::string& worktree,
                                        const file_edit& what);

/// Whether the file that *call* edits has the content with the hash *guard*:
/// the edit was made already. What the model should read, if so. Blocks.
std::optional<std::string> find_edit(const std::string& worktree,
                                     const models::tool_call& call,
                                     const std::string& guard);

/// The arguments of `run_command`.
struct run_command_call {
  std::string command;
  std::optional<uint32_t> timeout_seconds;

  static constexpr const char* wire_name = "run_command";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"command", &run_command_call::command},
      wire::field{"timeout_seconds", &run_command_call::timeout_seconds});
  }
};

} // namespace machine::agents

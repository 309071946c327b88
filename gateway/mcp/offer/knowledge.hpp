#pragma once

#include <string>
#include <string_view>

/// Search in knowledge. A machine has no collections yet, so whatever is
/// searched for, nothing is found; what a client sees stays when there are.
namespace machine::gateway::mcp {

constexpr std::string_view knowledge_search = "search_knowledge";

/// What `tools/list` says of it.
std::string describe_knowledge_search();

/// The result of a call with *arguments*, a JSON object.
std::string search_knowledge(const std::string& arguments);

} // namespace machine::gateway::mcp

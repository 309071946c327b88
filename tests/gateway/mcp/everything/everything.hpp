#pragma once

#include "gateway/mcp/service.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace machine::test {

using nlohmann::json;

/// What a call of `tools/call` or `prompts/get` brings.
struct visit {
  gateway::mcp::call from;
  std::string name;
  json arguments;
  /// What the client has answered so far, and what we gave it to remember.
  json responses;
  std::string state;

  bool can(const std::string& ability) const;
};

/// What the suite asks for: a tool, prompt and resource for every feature of
/// the protocol, as the texts of its scenarios say.
std::shared_ptr<gateway::mcp::service> make_everything();

/// Answers the tools and prompts that ask for input in their results; false if
/// *x* is none of them.
bool answer_with_inputs(const visit& x,
                        const gateway::mcp::exchange_ptr& answer);

/// The names of those tools.
std::vector<std::string> input_tools();

json text_part(const std::string& text);

} // namespace machine::test

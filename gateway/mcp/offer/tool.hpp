#pragma once

#include "gateway/http/route.hpp"
#include "gateway/mcp/offer/rest.hpp"
#include "runtime/wire/document.hpp"

#include <string>
#include <vector>

namespace machine::gateway::mcp {

/// What a tool does to the machine, for clients that ask before they use it.
enum class effect : uint8_t {
  /// It looks.
  none,
  /// It adds, or changes what can be changed back.
  adds,
  /// The same twice is the same as once.
  sets,
  /// It ends something for good.
  ends,
};

/// An argument of a tool that is a part of its route's path or query.
struct tool_argument {
  std::string name;
  /// What the route calls it.
  std::string parameter;
  std::string about;
  /// What counts if it is missing; none: it has to be there.
  std::optional<std::string> usual;
};

/// A tool is a route of the REST API under another name: what it takes and
/// gives, who may use it and what it does are the route's.
struct tool {
  std::string name;
  std::string title;
  std::string about;
  std::string method;
  /// Of the route.
  std::string pattern;
  effect does = effect::none;
  std::vector<tool_argument> path;
  /// Members of the body that it has; empty: all.
  std::vector<std::string> members;
  /// What members mean, where their names do not say it.
  std::map<std::string, std::string> notes;
};

/// All tools of a machine, in the order of their names.
std::vector<tool> machine_tools();

/// What `tools/list` says of *what*, which is *by* a route.
std::string describe(const tool& what, const route& by);

/// The request that *arguments*, a JSON object, stand for. Fails with
/// `invalid_argument` for arguments that it does not have or lacks.
caf::expected<rest_request> request_of(const tool& what, const route& by,
                                       const std::string& arguments);

} // namespace machine::gateway::mcp

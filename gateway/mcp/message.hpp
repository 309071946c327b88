#pragma once

#include "gateway/mcp/error.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace machine::gateway::mcp {

/// A message of JSON-RPC 2.0 as MCP has it: ids are strings or integers,
/// parameters are objects, and there are no batches.
struct message {
  enum class kind : uint8_t { request, notification, result, error };

  kind what = kind::notification;
  /// As JSON; empty for a notification.
  std::string id;
  /// Of a request or a notification.
  std::string method;
  /// A JSON object.
  std::string params = "{}";
  /// Of a result, as JSON.
  std::string result;
  rpc_error error;
};

/// Why a message is not served.
struct refusal {
  /// Of HTTP.
  int status = 400;
  rpc_error why;
  /// Of the message, as JSON.
  std::string id = "null";
};

/// Bound on an id, in bytes.
constexpr size_t max_id = 256;

/// Reads one message.
std::variant<message, refusal> parse_message(std::string_view text);

/// *object* is the result of the request *id*.
std::string result_message(const std::string& id, std::string_view object);

/// The request *id* failed.
std::string error_message(const std::string& id, const rpc_error& why);

/// A request of ours.
std::string request_message(const std::string& id, std::string_view method,
                            std::string_view params);

std::string notification_message(std::string_view method,
                                 std::string_view params);

/// *object* with *members* before its own: `{"a":1}` and `"b":2` make
/// `{"b":2,"a":1}`.
std::string with_members(std::string_view object, std::string_view members);

} // namespace machine::gateway::mcp

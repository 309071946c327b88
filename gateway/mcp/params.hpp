#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What stands in the parameters of requests.
namespace machine::gateway::mcp {

/// Names a program.
struct implementation {
  std::string name;
  std::optional<std::string> title;
  std::string version;

  static constexpr const char* wire_name = "implementation";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &implementation::name},
                         wire::field{"title", &implementation::title},
                         wire::field{"version", &implementation::version});
  }
};

/// How much a log message matters (RFC 5424).
enum class log_level : uint8_t {
  debug,
  info,
  notice,
  warning,
  error,
  critical,
  alert,
  emergency,
};

constexpr auto wire_names(log_level) {
  using enum log_level;
  return std::array{std::pair{std::string_view{"debug"}, debug},
                    std::pair{std::string_view{"info"}, info},
                    std::pair{std::string_view{"notice"}, notice},
                    std::pair{std::string_view{"warning"}, warning},
                    std::pair{std::string_view{"error"}, error},
                    std::pair{std::string_view{"critical"}, critical},
                    std::pair{std::string_view{"alert"}, alert},
                    std::pair{std::string_view{"emergency"}, emergency}};
}

/// What a request says of itself.
struct request_meta {
  std::optional<std::string> version;
  std::optional<json_text> capabilities;
  std::optional<log_level> level;
  /// A string or a number, as JSON.
  std::optional<json_text> progress_token;

  static constexpr const char* wire_name = "_meta";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"io.modelcontextprotocol/protocolVersion",
                  &request_meta::version},
      wire::field{"io.modelcontextprotocol/clientCapabilities",
                  &request_meta::capabilities},
      wire::field{"io.modelcontextprotocol/logLevel", &request_meta::level},
      wire::field{"progressToken", &request_meta::progress_token});
  }
};

/// What every request may have.
struct any_params {
  std::optional<request_meta> meta;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"_meta", &any_params::meta});
  }
};

struct initialize_params {
  std::string version;
  json_text capabilities;
  implementation client;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"protocolVersion", &initialize_params::version},
      wire::field{"capabilities", &initialize_params::capabilities},
      wire::field{"clientInfo", &initialize_params::client});
  }
};

struct level_params {
  log_level level = log_level::info;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"level", &level_params::level});
  }
};

struct cancelled_params {
  json_text request;
  std::optional<std::string> reason;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"requestId", &cancelled_params::request},
                         wire::field{"reason", &cancelled_params::reason});
  }
};

/// Of `tools/call` and `prompts/get`.
struct named_params {
  std::string name;
  std::optional<json_text> arguments;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &named_params::name},
                         wire::field{"arguments", &named_params::arguments});
  }
};

struct uri_params {
  std::string uri;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"uri", &uri_params::uri});
  }
};

struct list_params {
  std::optional<std::string> cursor;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"cursor", &list_params::cursor});
  }
};

/// Which changes somebody wants to hear of.
struct change_filter {
  std::optional<bool> tools;
  std::optional<bool> prompts;
  std::optional<bool> resources;
  /// URIs of resources.
  std::optional<std::vector<std::string>> uris;

  static constexpr const char* wire_name = "notifications";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"toolsListChanged", &change_filter::tools},
      wire::field{"promptsListChanged", &change_filter::prompts},
      wire::field{"resourcesListChanged", &change_filter::resources},
      wire::field{"resourceSubscriptions", &change_filter::uris});
  }

  bool operator==(const change_filter&) const = default;
};

struct listen_params {
  change_filter notifications;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"notifications", &listen_params::notifications});
  }
};

struct completion_ref {
  /// `ref/prompt` or `ref/resource`.
  std::string type;
  std::optional<std::string> name;
  std::optional<std::string> uri;

  static constexpr const char* wire_name = "ref";

  static constexpr auto fields() {
    return wire::members(wire::field{"type", &completion_ref::type},
                         wire::field{"name", &completion_ref::name},
                         wire::field{"uri", &completion_ref::uri});
  }
};

struct completion_argument {
  std::string name;
  std::string value;

  static constexpr const char* wire_name = "argument";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &completion_argument::name},
                         wire::field{"value", &completion_argument::value});
  }
};

struct completion_params {
  completion_ref ref;
  completion_argument argument;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"ref", &completion_params::ref},
                         wire::field{"argument", &completion_params::argument});
  }
};

} // namespace machine::gateway::mcp

#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What stands in results.
namespace machine::gateway::mcp {

struct text_content {
  std::string text;

  static constexpr const char* wire_name = "text";

  static constexpr auto fields() {
    return wire::members(wire::field{"text", &text_content::text});
  }
};

using content = std::variant<text_content>;

/// Of `tools/call`.
struct tool_result {
  std::vector<content> parts;
  std::optional<json_text> structured;
  std::optional<bool> is_error;

  static constexpr const char* wire_name = "tool_result";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"content", &tool_result::parts},
      wire::field{"structuredContent", &tool_result::structured},
      wire::field{"isError", &tool_result::is_error});
  }
};

struct resource_entry {
  std::string uri;
  std::string name;
  std::string title;
  std::string description;
  std::string media;

  static constexpr const char* wire_name = "resource";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"uri", &resource_entry::uri},
      wire::field{"name", &resource_entry::name},
      wire::field{"title", &resource_entry::title},
      wire::field{"description", &resource_entry::description},
      wire::field{"mimeType", &resource_entry::media});
  }
};

struct resource_page {
  std::vector<resource_entry> resources;
  std::optional<std::string> next;

  static constexpr const char* wire_name = "resources";

  static constexpr auto fields() {
    return wire::members(wire::field{"resources", &resource_page::resources},
                         wire::field{"nextCursor", &resource_page::next});
  }
};

struct template_entry {
  std::string uri;
  std::string name;
  std::string title;
  std::string description;
  std::optional<std::string> media;

  static constexpr const char* wire_name = "resource_template";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"uriTemplate", &template_entry::uri},
      wire::field{"name", &template_entry::name},
      wire::field{"title", &template_entry::title},
      wire::field{"description", &template_entry::description},
      wire::field{"mimeType", &template_entry::media});
  }
};

struct resource_content {
  std::string uri;
  std::string media;
  std::optional<std::string> text;
  std::optional<bytes> blob;

  static constexpr const char* wire_name = "content";

  static constexpr auto fields() {
    return wire::members(wire::field{"uri", &resource_content::uri},
                         wire::field{"mimeType", &resource_content::media},
                         wire::field{"text", &resource_content::text},
                         wire::field{"blob", &resource_content::blob});
  }
};

struct read_result {
  std::vector<resource_content> contents;

  static constexpr const char* wire_name = "read_result";

  static constexpr auto fields() {
    return wire::members(wire::field{"contents", &read_result::contents});
  }
};

struct prompt_argument {
  std::string name;
  std::string description;
  bool required = false;

  static constexpr const char* wire_name = "argument";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &prompt_argument::name},
      wire::field{"description", &prompt_argument::description},
      wire::field{"required", &prompt_argument::required});
  }
};

struct prompt_entry {
  std::string name;
  std::string description;
  std::vector<prompt_argument> arguments;

  static constexpr const char* wire_name = "prompt";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &prompt_entry::name},
                         wire::field{"description", &prompt_entry::description},
                         wire::field{"arguments", &prompt_entry::arguments});
  }
};

struct prompt_message {
  std::string role;
  content said;

  static constexpr const char* wire_name = "message";

  static constexpr auto fields() {
    return wire::members(wire::field{"role", &prompt_message::role},
                         wire::field{"content", &prompt_message::said});
  }
};

struct prompt_result {
  std::string description;
  std::vector<prompt_message> messages;

  static constexpr const char* wire_name = "prompt_result";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"description", &prompt_result::description},
      wire::field{"messages", &prompt_result::messages});
  }
};

struct completion_values {
  std::vector<std::string> values;
  bool more = false;

  static constexpr const char* wire_name = "completion";

  static constexpr auto fields() {
    return wire::members(wire::field{"values", &completion_values::values},
                         wire::field{"hasMore", &completion_values::more});
  }
};

struct completion_result {
  completion_values completion;

  static constexpr const char* wire_name = "completion_result";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"completion", &completion_result::completion});
  }
};

} // namespace machine::gateway::mcp

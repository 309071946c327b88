#pragma once

#include "gateway/proxy/draft.hpp"

/// What both dialects of OpenAI spell alike.
namespace machine::gateway::proxy {

/// Names of tools have at most 64 characters.
constexpr size_t max_openai_name = 64;

/// Marks the place after *part* for the provider's cache, if it says so:
/// `prompt_cache_breakpoint`, or `cache_control` as clients of Anthropic's
/// models write it.
caf::error mark_after(const value& part, content_builder& to);

/// How long something is to be kept: the `ttl` of a `cache_control`.
caf::expected<std::string_view> read_cache_control(const value& at);

/// `image_url` of a chat, which may be a text or an object, and of a response.
caf::error read_image(const value& at, const std::optional<value>& detail,
                      content_builder& to);

/// A file in a request: `file_data`, `file_url` or `file_id`.
caf::error read_file(const value& from, content_builder& to,
                     request_draft& draft);

/// A function that may be called; *from* has its name.
caf::error read_function(const value& from, request_draft& draft);

/// A schema of the answer; *from* has its name.
caf::error read_schema(const value& from, request_draft& draft);

/// `auto`, `none` or `required`.
caf::error read_mode(const value& at, request_draft& draft);

/// Finds the name of a tool.
using name_finder = caf::expected<std::string> (*)(const value& in,
                                                   const request_draft& draft);

/// `allowed_tools`: *mode*, for the tools in *list* alone.
caf::error read_allowed(const value& mode, const value& list,
                        request_draft& draft, name_finder name_of);

/// `service_tier`: tiers have prices of their own, which are not counted.
caf::error read_tier(const value& at, request_draft& draft);

} // namespace machine::gateway::proxy

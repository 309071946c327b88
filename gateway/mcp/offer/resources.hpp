#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/mcp/offer/results.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace machine::gateway::mcp {

/// A resource is what a route of the REST API shows:
/// `themachine://runs/r-17/diff` is `/api/v1/runs/r-17/diff`.
constexpr std::string_view scheme = "themachine://";

/// The kinds of resources, as templates of their URIs.
std::vector<template_entry> resource_templates();

/// The target of the route that shows *uri*; none: it is no URI of ours.
std::optional<std::string> target_of(std::string_view uri);

/// Whether routes of *pattern* show resources.
bool shows_resources(std::string_view pattern);

/// The run that *uri* is about; none: it is about none.
std::optional<std::string> run_of(std::string_view uri);

/// Bound on the content of a resource, in bytes.
constexpr size_t max_content = 4u << 20;

/// The content of *uri* that came as *answer*, as text if it is text. Fails
/// with `limit_exceeded` if it is too long.
caf::expected<read_result> content_of(const std::string& uri,
                                      http_answer answer);

/// The resource that a run is.
resource_entry entry_of(const std::string& run, const std::string& title,
                        const std::string& state);

} // namespace machine::gateway::mcp

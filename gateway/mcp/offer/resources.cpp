#include "gateway/mcp/offer/resources.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>
#include <array>

namespace machine::gateway::mcp {

namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view api = "/api/v1/";

/// What a resource is, by its route.
struct known_resource {
  std::string_view pattern;
  std::string_view uri;
  std::string_view name;
  std::string_view title;
  std::string_view about;
  /// Empty: of any kind.
  std::string_view media;
};

constexpr std::array known{
  known_resource{"/api/v1/runs/{id}", "runs/{run}", "run", "A run",
                 "How far a run is, with its steps, questions and bill", json},
  known_resource{"/api/v1/runs/{id}/events", "runs/{run}/events", "run_events",
                 "The log of a run", "The first events of a run, in order",
                 json},
  known_resource{"/api/v1/runs/{id}/diff", "runs/{run}/diff", "run_diff",
                 "What a run has changed", "The changes of a run as a diff",
                 "text/x-diff"},
  known_resource{"/api/v1/runs/{id}/artefacts/{hash}",
                 "runs/{run}/artefacts/{hash}", "run_artefact",
                 "Content of a run",
                 "What the events of a run refer to by its hash", ""},
  known_resource{"/api/v1/projects/{id}", "projects/{project}", "project",
                 "A project", "A project with its budget and its queue", json},
  known_resource{"/api/v1/projects/{id}/tasks/{task}",
                 "projects/{project}/tasks/{task}", "task", "A task",
                 "A task with its comments and what it depends on", json}};

/// Without parameters.
std::string media_of(const std::string& type) {
  return type.substr(0, type.find(';'));
}

} // namespace

std::vector<template_entry> resource_templates() {
  std::vector<template_entry> result;
  for (auto& x : known) {
    template_entry entry{std::string{scheme} + std::string{x.uri},
                         std::string{x.name}, std::string{x.title},
                         std::string{x.about}, std::nullopt};
    if (!x.media.empty())
      entry.media = std::string{x.media};
    result.push_back(std::move(entry));
  }
  return result;
}

std::optional<std::string> target_of(std::string_view uri) {
  if (!uri.starts_with(scheme))
    return std::nullopt;
  auto rest = uri.substr(scheme.size());
  if (rest.empty() || rest.find_first_of("?# ") != rest.npos)
    return std::nullopt;
  return std::string{api} + std::string{rest};
}

bool shows_resources(std::string_view pattern) {
  return std::any_of(known.begin(), known.end(),
                     [&](auto& x) { return x.pattern == pattern; });
}

std::optional<std::string> run_of(std::string_view uri) {
  constexpr std::string_view of_runs = "themachine://runs/";
  if (!uri.starts_with(of_runs))
    return std::nullopt;
  auto rest = uri.substr(of_runs.size());
  return std::string{rest.substr(0, rest.find('/'))};
}

caf::expected<read_result> content_of(const std::string& uri,
                                      http_answer answer) {
  if (answer.body.size() > max_content)
    return make_error(ec::limit_exceeded,
                      uri + " has more than 4 MiB; get it over REST");
  resource_content result{uri, media_of(answer.type), std::nullopt,
                          std::nullopt};
  auto is_text =
    wire::is_utf8(answer.body) && answer.body.find('\0') == std::string::npos;
  if (!is_text)
    result.blob = to_bytes(answer.body);
  else
    result.text = std::move(answer.body);
  if (is_text && result.media == "application/octet-stream")
    result.media = "text/plain";
  return read_result{{std::move(result)}};
}

resource_entry entry_of(const std::string& run, const std::string& title,
                        const std::string& state) {
  return {std::string{scheme} + "runs/" + run, run, title, "A run: " + state,
          std::string{json}};
}

} // namespace machine::gateway::mcp

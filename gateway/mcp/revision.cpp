#include "gateway/mcp/revision.hpp"

#include <algorithm>

namespace machine::gateway::mcp {

namespace {

struct named_revision {
  std::string_view name;
  revision what;
};

constexpr std::array revisions{
  named_revision{"2026-07-28", revision::of_2026_07_28},
  named_revision{"2025-11-25", revision::of_2025_11_25},
  named_revision{"2025-06-18", revision::of_2025_06_18}};

enum class era : uint8_t { sessions, stateless, both };

struct known_method {
  std::string_view name;
  era in;
};

constexpr std::array methods{
  known_method{"initialize", era::sessions},
  known_method{"ping", era::sessions},
  known_method{"logging/setLevel", era::sessions},
  known_method{"resources/subscribe", era::sessions},
  known_method{"resources/unsubscribe", era::sessions},
  known_method{"server/discover", era::stateless},
  known_method{"subscriptions/listen", era::stateless},
  known_method{"tools/list", era::both},
  known_method{"tools/call", era::both},
  known_method{"resources/list", era::both},
  known_method{"resources/templates/list", era::both},
  known_method{"resources/read", era::both},
  known_method{"prompts/list", era::both},
  known_method{"prompts/get", era::both},
  known_method{"completion/complete", era::both}};

/// What a machine offers does not change while it is up.
constexpr uint32_t a_minute = 60'000;

} // namespace

std::string_view name_of(revision x) {
  for (auto& known : revisions)
    if (known.what == x)
      return known.name;
  return "?";
}

std::optional<revision> revision_of(std::string_view name) {
  for (auto& known : revisions)
    if (known.name == name)
      return known.what;
  return std::nullopt;
}

std::string supported_versions() {
  std::string result;
  for (auto& known : revisions)
    result += (result.empty() ? "[\"" : "\",\"") + std::string{known.name};
  return result + "\"]";
}

revision negotiate(std::string_view wanted) {
  auto known = revision_of(wanted);
  return known && has_sessions(*known) ? *known : last_with_sessions;
}

bool is_request(revision in, std::string_view method) {
  auto wanted = has_sessions(in) ? era::sessions : era::stateless;
  return std::any_of(methods.begin(), methods.end(), [&](auto& x) {
    return x.name == method && (x.in == era::both || x.in == wanted);
  });
}

std::optional<uint32_t> time_to_live(std::string_view method) {
  if (method == "server/discover" || method == "tools/list"
      || method == "prompts/list" || method == "resources/templates/list")
    return a_minute;
  if (method == "resources/list" || method == "resources/read")
    return 0;
  return std::nullopt;
}

} // namespace machine::gateway::mcp

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace machine::gateway::mcp {

/// Revisions of the protocol, the oldest first.
enum class revision : uint8_t { of_2025_06_18, of_2025_11_25, of_2026_07_28 };

/// The last one with `initialize` and sessions. From 2026-07-28 on every
/// request says by itself all that there is to know about it.
constexpr revision last_with_sessions = revision::of_2025_11_25;

constexpr bool has_sessions(revision x) {
  return x <= last_with_sessions;
}

std::string_view name_of(revision x);

/// The one that is called *name*.
std::optional<revision> revision_of(std::string_view name);

/// All of them as a JSON array, the newest first.
std::string supported_versions();

/// What a client that asks for *wanted* in `initialize` gets: that one if it
/// has sessions, or else the last one that has.
revision negotiate(std::string_view wanted);

/// Whether *method* is a request of *in*.
bool is_request(revision in, std::string_view method);

/// How long what *method* gives may be kept, in milliseconds; none: it is no
/// method whose results say so.
std::optional<uint32_t> time_to_live(std::string_view method);

} // namespace machine::gateway::mcp

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace machine {

/// Binary data of any content.
using bytes = std::vector<uint8_t>;

/// Binary data that somebody else owns.
using bytes_view = std::span<const uint8_t>;

/// A point in time, in microseconds since the UNIX epoch, UTC.
using timestamp =
  std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// A length of time. Configuration, wire formats and interfaces all count in
/// milliseconds.
using duration = std::chrono::milliseconds;

/// Money in micro-dollars: 1,000,000 are one US dollar. Never a float.
using micro_usd = int64_t;

/// A JSON document in text form: free-form data (inputs, variables, outputs,
/// tool arguments) that passes through the machine without being taken apart.
/// In JSON it stands as the document itself, in every other format as text.
struct json_text {
  std::string text = "null";

  bool operator==(const json_text&) const = default;
};

/// Views the characters of *x* as bytes.
inline bytes_view as_bytes(std::string_view x) {
  return {reinterpret_cast<const uint8_t*>(x.data()), x.size()};
}

/// Copies the characters of *x* into bytes.
inline bytes to_bytes(std::string_view x) {
  auto view = as_bytes(x);
  return {view.begin(), view.end()};
}

/// Views *x* as characters.
inline std::string_view as_text(bytes_view x) {
  return {reinterpret_cast<const char*>(x.data()), x.size()};
}

} // namespace machine

#include "runtime/telemetry/derived_id.hpp"

#include <sodium.h>

#include <array>

namespace machine {

namespace {

/// The first 16 bytes; ids of traces and of operations share none.
std::array<uint64_t, 2> hash_of(std::string_view kind, std::string_view name) {
  std::array<unsigned char, 16> bytes{};
  crypto_generichash(
    bytes.data(), bytes.size(),
    reinterpret_cast<const unsigned char*>(name.data()), name.size(),
    reinterpret_cast<const unsigned char*>(kind.data()), kind.size());
  std::array<uint64_t, 2> result{};
  for (size_t i = 0; i < bytes.size(); ++i)
    result.at(i / 8) = result.at(i / 8) << 8U | bytes.at(i);
  return result;
}

} // namespace

trace_id derive_trace_id(std::string_view name) {
  auto [high, low] = hash_of("themachine trace", name);
  return (high | low) != 0 ? trace_id{high, low} : trace_id{0, 1};
}

span_id derive_span_id(std::string_view name) {
  auto value = hash_of("themachine span ", name)[0];
  return {value != 0 ? value : 1};
}

} // namespace machine

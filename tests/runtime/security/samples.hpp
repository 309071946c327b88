#pragma once

#include "runtime/types.hpp"
#include "tests/support/draw.hpp"

#include <array>
#include <cstdint>

/// What tests of security share.
namespace machine::test {

/// Some time; nothing depends on which.
constexpr timestamp start{std::chrono::seconds{1'700'000'000}};

/// *N* bytes of a property.
template <size_t N>
std::array<uint8_t, N> draw_bytes() {
  std::array<uint8_t, N> result{};
  for (auto& x : result)
    x = static_cast<uint8_t>(draw(0, 256));
  return result;
}

} // namespace machine::test

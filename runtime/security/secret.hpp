#pragma once

#include "runtime/types.hpp"

#include <array>
#include <span>
#include <string>

namespace machine::security {

/// Overwrites *x* with zeros, in a way that no optimiser takes out.
void wipe(std::span<uint8_t> x);

/// The same for what *x* holds, which is empty afterwards. What it held before
/// it grew is not reached: reserve first.
void wipe(std::string& x);

/// 32 secret bytes, wiped when they go.
class secret {
public:
  static constexpr size_t size = 32;

  explicit secret(std::span<const uint8_t, size> x);
  secret(const secret&) = default;
  secret& operator=(const secret&) = default;
  ~secret();

  bytes_view view() const {
    return bytes_;
  }

private:
  std::array<uint8_t, size> bytes_;
};

/// Text that is secret, or a copy of some, wiped when it goes.
class secret_text {
public:
  explicit secret_text(std::string_view x) : text(x) {}

  secret_text(const secret_text&) = delete;
  secret_text& operator=(const secret_text&) = delete;

  ~secret_text() {
    wipe(text);
  }

  std::string text;
};

} // namespace machine::security

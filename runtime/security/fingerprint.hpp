#pragma once

#include "runtime/types.hpp"

#include <array>
#include <cstring>
#include <string_view>

namespace machine::security {

/// What stands for a secret text in memory.
using fingerprint = std::array<uint8_t, 16>;

/// For tables: nobody outside can choose fingerprints.
struct fingerprint_hash {
  size_t operator()(const fingerprint& x) const {
    size_t result = 0;
    std::memcpy(&result, x.data(), sizeof result);
    return result;
  }
};

/// Makes fingerprints with a key of its own: SipHash-2-4 with 128 bits, a
/// pseudorandom function. Nobody without the key can find a text that has the
/// fingerprint of another, or learn something of a text from the time that it
/// takes to look up its fingerprint; and other processes make other ones, so
/// they are not for keeping.
class fingerprinter {
public:
  fingerprinter();
  fingerprinter(const fingerprinter&) = delete;
  fingerprinter& operator=(const fingerprinter&) = delete;
  ~fingerprinter();

  fingerprint of(std::string_view text) const;

private:
  std::array<uint8_t, 16> key_{};
};

} // namespace machine::security

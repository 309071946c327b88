#include "runtime/security/base64url.hpp"

#include <sodium.h>

namespace machine::security {

std::optional<bytes> from_base64url(std::string_view text) {
  bytes result(text.size() / 4 * 3 + 3);
  size_t size = 0;
  if (sodium_base642bin(result.data(), result.size(), text.data(), text.size(),
                        nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING)
      != 0)
    return std::nullopt;
  result.resize(size);
  return result;
}

} // namespace machine::security

#include "gateway/http/tags.hpp"

#include <array>

#include <sodium.h>

namespace machine::gateway {

bool has_tag(std::string_view known, std::string_view tag, comparison how) {
  auto is_weak = [](std::string_view x) { return x.starts_with("W/"); };
  auto opaque = [&](std::string_view x) {
    return is_weak(x) ? x.substr(2) : x;
  };
  while (!known.empty()) {
    auto end = known.find(',');
    auto one = known.substr(0, end);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    auto counts = how == comparison::weak || (!is_weak(one) && !is_weak(tag));
    if (one == "*" || (counts && opaque(one) == opaque(tag)))
      return true;
    known = end == known.npos ? "" : known.substr(end + 1);
  }
  return false;
}

std::string tag_of(std::string_view content) {
  std::array<unsigned char, 16> hash{};
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(content.data()),
                     content.size(), nullptr, 0);
  std::array<char, 2 * hash.size() + 1> text{};
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  return "\"" + std::string{text.data()} + "\"";
}

} // namespace machine::gateway

#include "runtime/telemetry/bounded_text.hpp"

#include "runtime/wire/document.hpp"

namespace machine {

namespace {

std::string_view cut(std::string_view x, size_t most) {
  if (x.size() <= most)
    return x;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(x[end]) & 0xC0) == 0x80)
    --end;
  return x.substr(0, end);
}

} // namespace

std::string bounded_text(std::string_view x, size_t most) {
  x = cut(x, most);
  if (wire::is_utf8(x))
    return std::string{x};
  // U+FFFD has three bytes, in place of one.
  auto clean = wire::to_utf8(x);
  clean.resize(cut(clean, most).size());
  return clean;
}

} // namespace machine

#include "text/human_size.hpp"

#include "check.hpp"

#include <cstdint>

namespace {

void expect(std::uint64_t bytes, const std::string& text) {
  check("human_size(" + std::to_string(bytes) + ")", text,
        text::human_size(bytes));
}

} // namespace

int main() {
  expect(0, "0 B");
  expect(1, "1 B");
  expect(1023, "1023 B");
  expect(1024, "1.0 KiB");
  expect(1536, "1.5 KiB");
  expect(1024 * 1024, "1.0 MiB");
  // A value that rounds up to 1024 belongs to the next unit.
  expect(1024 * 1024 - 1, "1.0 MiB");
  expect(1024ull * 1024 * 1024 - 1, "1.0 GiB");
  expect(1023 * 1024, "1023.0 KiB");
  expect(UINT64_MAX, "16.0 EiB");
  return result();
}

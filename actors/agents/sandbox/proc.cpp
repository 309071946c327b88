#include "actors/agents/sandbox/proc.hpp"

#include "actors/agents/sandbox/descriptor.hpp"

#include <fcntl.h>

#include <array>
#include <charconv>

namespace machine::agents {

std::string read_small_file(const std::string& path) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string result;
  std::array<char, 4'096> buffer{};
  while (file && result.size() < (1u << 20)) {
    auto size = ::read(file.get(), buffer.data(), buffer.size());
    if (size <= 0)
      break;
    result.append(buffer.data(), static_cast<size_t>(size));
  }
  return result;
}

uint64_t number_after(std::string_view text, std::string_view name) {
  auto at = text.find(name);
  if (at == text.npos)
    return 0;
  at = text.find_first_of("0123456789", at + name.size());
  uint64_t value = 0;
  if (at != text.npos)
    std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

std::vector<pid_t> numbers_in(std::string_view text) {
  std::vector<pid_t> result;
  auto* at = text.data();
  auto* end = text.data() + text.size();
  while (at < end) {
    pid_t pid = 0;
    auto [stop, code] = std::from_chars(at, end, pid);
    if (code == std::errc{})
      result.push_back(pid);
    at = stop + 1;
  }
  return result;
}

} // namespace machine::agents

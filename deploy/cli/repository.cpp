#include "deploy/cli/repository.hpp"

#include "deploy/cli/text.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace machine::cli {

namespace fs = std::filesystem;

std::optional<std::string> repository_around(const std::string& directory) {
  std::error_code code;
  for (fs::path at{directory};; at = at.parent_path()) {
    if (fs::exists(at / ".git", code))
      return at.string();
    if (!at.has_relative_path())
      return std::nullopt;
  }
}

bool is_repository(const std::string& directory) {
  std::error_code code;
  fs::path at{directory};
  return (fs::exists(at / "HEAD", code) && fs::exists(at / "objects", code))
      || repository_around(directory);
}

size_t uncommitted_files(const std::string& directory) {
  auto command = "git -C " + shell_word(directory)
               + " --no-optional-locks -c core.fsmonitor=false status"
                 " --porcelain -z --untracked-files=no 2>/dev/null";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "re"),
                                             &::pclose};
  if (!pipe)
    return 0;
  size_t result = 0;
  std::array<char, 4096> buffer;
  while (auto count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    for (size_t i = 0; i < count; ++i)
      result += buffer[i] == '\0' ? 1 : 0;
  return result;
}

} // namespace machine::cli

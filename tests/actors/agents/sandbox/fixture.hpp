#pragma once

#include "actors/agents/sandbox/execution.hpp"
#include "actors/agents/sandbox/sandbox.hpp"
#include "tests/support/directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

namespace machine::test {

/// A worktree and commands in it.
struct sandbox_fixture {
  temporary_directory dir;
  agents::sandbox_limits limits{.time = duration{20'000}};

  sandbox_fixture() {
    std::filesystem::create_directory(tree());
  }

  std::string tree() const {
    return dir / "tree";
  }

  agents::sandbox_command command(std::string script) const {
    agents::sandbox_command result;
    result.argv = {"/bin/sh", "-c", std::move(script)};
    result.worktree = tree();
    result.limits = limits;
    return result;
  }

  agents::sandbox_result
  run(std::string script,
      agents::accounting how = agents::accounting::best) const {
    auto result = agents::execute(command(std::move(script)), {}, {}, how);
    if (!result)
      FAIL(render(result.error()));
    return *result;
  }
};

/// Whether a process other than this one lives whose arguments contain *mark*.
inline bool lives(const std::string& mark) {
  for (auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    if (entry.path().filename() == std::to_string(::getpid()))
      continue;
    auto fd = ::open((entry.path() / "cmdline").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      continue;
    std::string line(65'536, '\0');
    auto size = ::read(fd, line.data(), line.size());
    ::close(fd);
    line.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    if (line.find(mark) != std::string::npos)
      return true;
  }
  return false;
}

/// A number of seconds to sleep that nothing else sleeps.
inline std::string unique_mark() {
  static std::atomic<int> count{0};
  return "7" + std::to_string(::getpid()) + "0" + std::to_string(++count);
}

} // namespace machine::test

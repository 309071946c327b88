#pragma once

#include <array>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace machine::test {

/// The providers' protocols, served by npm's `@copilotkit/aimock`, which none
/// of us wrote.
class mock_upstream {
public:
  mock_upstream() {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0
        || ::pipe2(out.data(), O_CLOEXEC) != 0)
      throw std::runtime_error{"no pipe"};
    auto folder = std::string{SOURCE_ROOT "/tests/e2e"};
    auto node = folder + "/node_modules/.bin/node";
    if (!std::filesystem::exists(node))
      node = "node";
    auto script = folder + "/providers/upstream.mjs";
    std::array<char*, 3> words{node.data(), script.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    auto problem = ::posix_spawnp(&process_, node.c_str(), &actions, nullptr,
                                  words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    output_ = out[0];
    if (problem == 0) {
      with_key = read_line();
      without_key = read_line();
    }
    if (!with_key.starts_with("http") || !without_key.starts_with("http"))
      throw std::runtime_error{
        "the upstream did not start; scripts/setup installs it"};
  }

  mock_upstream(const mock_upstream&) = delete;
  mock_upstream& operator=(const mock_upstream&) = delete;

  ~mock_upstream() {
    ::close(input_);
    ::waitpid(process_, nullptr, 0);
    ::close(output_);
  }

  std::string with_key;
  std::string without_key;

private:
  std::string read_line() const {
    std::string line;
    for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';)
      line += c;
    return line;
  }

  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
};

} // namespace machine::test

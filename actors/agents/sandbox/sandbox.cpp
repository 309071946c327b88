#include "actors/agents/sandbox/sandbox.hpp"

#include "actors/agents/sandbox/execution.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

/// An empty directory for a command that does nothing.
class scratch_directory {
public:
  scratch_directory() {
    std::error_code code;
    auto pattern =
      (fs::temp_directory_path(code) / "themachine-check-XXXXXX").string();
    if (!code && ::mkdtemp(pattern.data()) != nullptr)
      path_ = pattern;
  }

  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  ~scratch_directory() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }

  const std::string& path() const {
    return path_;
  }

private:
  std::string path_;
};

} // namespace

caf::expected<sandbox_result>
run_in_sandbox(const sandbox_command& command, std::stop_token stop,
               const std::function<void(std::string_view)>& on_output) {
  auto result = execute(command, stop, on_output);
  if (!result || result->end != sandbox_end::exited || result->exit_code == 0
      || !result->output.starts_with("bwrap: "))
    return result;
  if (result->output.starts_with("bwrap: execvp " + command.argv.front())) {
    result->exit_code = 127;
    result->note = "There is no program " + command.argv.front()
                 + " in the sandbox; it shows what is in /usr.";
    return result;
  }
  // A command can write that, too; then the sandbox works as such.
  if (auto works = check_sandbox(); !works)
    return works.error();
  return result;
}

caf::expected<void> check_sandbox() {
  scratch_directory scratch;
  if (scratch.path().empty())
    return make_error(ec::io_failed, std::string{"no directory can be made in "}
                                       + fs::temp_directory_path().string()
                                       + ": " + std::strerror(errno));
  sandbox_command command;
  command.argv = {"/bin/true"};
  command.worktree = scratch.path();
  command.limits.time = duration{10'000};
  auto result = execute(command, {}, {});
  if (!result)
    return std::move(result.error());
  if (result->exit_code == 0)
    return caf::unit;
  auto said = result->output.substr(0, 300);
  said.erase(said.find_last_not_of(" \n") + 1);
  return make_error(
    ec::unavailable,
    "the sandbox does not start (" + said
      + "); the kernel must let users make namespaces: see "
        "kernel.unprivileged_userns_clone, user.max_user_namespaces and "
        "kernel.apparmor_restrict_unprivileged_userns, and in a container "
        "its seccomp profile");
}

} // namespace machine::agents

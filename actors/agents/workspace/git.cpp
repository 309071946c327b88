#include "actors/agents/workspace/git.hpp"

#include "actors/agents/sandbox/child.hpp"
#include "actors/agents/sandbox/descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>

#include <array>
#include <chrono>
#include <cstring>
#include <set>
#include <utility>

namespace machine::agents {

namespace {

constexpr const char* git_program = "/usr/bin/git";

/// No git command of ours takes longer on a repository that works.
constexpr std::chrono::seconds patience{120};

/// What is kept of standard error.
constexpr size_t max_problem = 4'096;

/// Bound on the filters that a configuration names.
constexpr size_t max_filters = 1'000;

using settings = std::vector<std::pair<std::string, std::string>>;

/// Nothing that is executed, and nothing that depends on whose machine it is.
const settings& safe_settings() {
  static const settings all{
    {"core.hooksPath", "/dev/null"},
    {"core.fsmonitor", "false"},
    {"core.pager", "cat"},
    {"core.editor", "false"},
    {"core.sshCommand", "false"},
    {"core.askPass", "false"},
    {"core.alternateRefsCommand", "false"},
    {"core.attributesFile", "/dev/null"},
    {"core.excludesFile", "/dev/null"},
    {"core.sparseCheckout", "false"},
    // No worker outlives a git that is killed, no doubt about the ends of
    // lines keeps work from being committed.
    {"checkout.workers", "1"},
    {"core.safecrlf", "false"},
    {"commit.gpgSign", "false"},
    {"gpg.program", "false"},
    {"credential.helper", ""},
    {"diff.external", ""},
    {"i18n.commitEncoding", "UTF-8"},
    {"gc.auto", "0"},
    {"maintenance.auto", "false"},
    {"submodule.recurse", "false"},
    {"protocol.allow", "never"},
    {"advice.addEmbeddedRepo", "false"},
    {"safe.directory", "*"},
  };
  return all;
}

std::vector<std::string> environment_of(const settings& more) {
  std::vector<std::string> result{
    "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/nonexistent",
    "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
    "GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false",
    "SSH_ASKPASS=/bin/false", "GIT_LITERAL_PATHSPECS=1", "GIT_NO_LAZY_FETCH=1",
    // It counts more than what a configuration allows for one protocol.
    "GIT_ALLOW_PROTOCOL=none", "GIT_AUTHOR_NAME=TheMachine",
    "GIT_AUTHOR_EMAIL=themachine@localhost", "GIT_COMMITTER_NAME=TheMachine",
    "GIT_COMMITTER_EMAIL=themachine@localhost"};
  size_t count = 0;
  // Not as options: a name may have an equals sign in it.
  for (auto* all : {&safe_settings(), &more})
    for (auto& [key, value] : *all) {
      auto number = std::to_string(count++);
      result.push_back("GIT_CONFIG_KEY_" + number + "=" + key);
      result.push_back("GIT_CONFIG_VALUE_" + number + "=" + value);
    }
  result.push_back("GIT_CONFIG_COUNT=" + std::to_string(count));
  return result;
}

std::string name_of(const git_command& what) {
  return "git " + what.arguments.front();
}

/// Reads what is there; closes *from* at its end.
void take(descriptor& from, std::string& to, size_t most, bool& is_cut) {
  std::array<char, 65'536> buffer;
  auto size = ::read(from.get(), buffer.data(), buffer.size());
  if (size < 0)
    return;
  if (size == 0) {
    from.close();
    return;
  }
  auto room = most - std::min(most, to.size());
  to.append(buffer.data(), std::min(static_cast<size_t>(size), room));
  is_cut = is_cut || static_cast<size_t>(size) > room;
}

/// Waits for the end of a git that runs.
caf::expected<git_result> await(const child& process, descriptor problems,
                                const git_command& what) {
  descriptor output{process.output};
  git_result result;
  auto ignored = false;
  auto until = std::chrono::steady_clock::now() + patience;
  auto late = false;
  while ((output || problems) && !late
         && !(result.is_cut && what.beyond == overflow::fails)) {
    std::array<pollfd, 2> sources{
      {{output.get(), POLLIN, 0}, {problems.get(), POLLIN, 0}}};
    ::poll(sources.data(), sources.size(), 1'000);
    if (sources[0].revents != 0)
      take(output, result.output, what.max_output, result.is_cut);
    if (sources[1].revents != 0)
      take(problems, result.problem, max_problem, ignored);
    late = std::chrono::steady_clock::now() >= until;
  }
  auto overflows = result.is_cut && what.beyond == overflow::fails;
  // With the children that it may have.
  if (late || overflows)
    ::kill(-process.pid, SIGKILL);
  auto status = reap(process.pid);
  if (overflows)
    return make_error(ec::limit_exceeded, name_of(what) + " writes more than "
                                            + std::to_string(what.max_output)
                                            + " bytes");
  if (late)
    return make_error(ec::timeout, name_of(what) + " did not end within "
                                     + std::to_string(patience.count()) + " s");
  result.exit_code =
    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

caf::error no_descriptors() {
  return make_error(ec::io_failed, std::string{"no descriptors for git: "}
                                     + std::strerror(errno));
}

caf::expected<git_result> run_with(const git_place& where,
                                   const git_command& what,
                                   const settings& more) {
  if (::access(git_program, X_OK) != 0)
    return make_error(ec::unavailable,
                      "git is not installed; install the package git");
  child_spec spec;
  spec.argv = {git_program, "-C", where.directory};
  if (!where.git_dir.empty()) {
    spec.argv.push_back("--git-dir=" + where.git_dir);
    spec.argv.push_back("--work-tree=" + where.work_tree);
  }
  spec.argv.insert(spec.argv.end(), what.arguments.begin(),
                   what.arguments.end());
  spec.environment = environment_of(more);
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return no_descriptors();
  descriptor problems{ends[0]};
  descriptor to_problems{ends[1]};
  ::fcntl(problems.get(), F_SETFL, O_NONBLOCK);
  spec.descriptors = {{to_problems.get(), 2}};
  descriptor input;
  if (!what.input.empty()) {
    input = descriptor{::memfd_create("input", MFD_CLOEXEC)};
    std::string_view rest{what.input};
    while (input && !rest.empty()) {
      auto size = ::write(input.get(), rest.data(), rest.size());
      if (size <= 0)
        return no_descriptors();
      rest.remove_prefix(static_cast<size_t>(size));
    }
    if (!input || ::lseek(input.get(), 0, SEEK_SET) != 0)
      return no_descriptors();
    spec.descriptors.push_back({input.get(), 0});
  }
  auto process = start_child(spec);
  if (!process)
    return std::move(process.error());
  to_problems.close();
  return await(*process, std::move(problems), what);
}

/// Settings that take the helpers away from all filters that the repository's
/// configuration names: content goes through them unchanged.
caf::expected<settings> without_filters(const git_place& where) {
  git_command list;
  list.arguments = {"config", "--list", "--name-only", "-z"};
  list.max_output = 4u << 20;
  auto names = run_with(where, list, {});
  if (!names)
    return std::move(names.error());
  std::set<std::string> filters;
  constexpr std::string_view section = "filter.";
  for (std::string_view rest{names->output}; !rest.empty();) {
    auto key = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(key.size() + 1, rest.size()));
    auto last = key.rfind('.');
    if (key.starts_with(section) && last >= section.size())
      filters.emplace(key.substr(0, last));
  }
  if (filters.size() > max_filters)
    return make_error(ec::limit_exceeded,
                      "the configuration of the repository at "
                        + where.directory + " names more than "
                        + std::to_string(max_filters) + " filters");
  settings result;
  for (auto& filter : filters) {
    for (auto helper : {".clean", ".smudge", ".process"})
      result.emplace_back(filter + helper, "");
    result.emplace_back(filter + ".required", "false");
  }
  return result;
}

} // namespace

caf::expected<git_result> run_git(const git_place& where,
                                  const git_command& what) {
  auto more = without_filters(where);
  if (!more)
    return std::move(more.error());
  return run_with(where, what, *more);
}

caf::expected<std::string> ask_git(const git_place& where,
                                   const git_command& what) {
  auto result = run_git(where, what);
  if (!result)
    return std::move(result.error());
  if (result->exit_code != 0)
    return make_error(ec::io_failed,
                      name_of(what) + " in " + where.directory + " failed: "
                        + (result->problem.empty()
                             ? "exit code " + std::to_string(result->exit_code)
                             : result->problem.substr(0, 500)));
  return std::move(result->output);
}

caf::error cannot_write(const std::string& path) {
  return make_error(ec::io_failed,
                    "cannot write " + path + ": " + std::strerror(errno));
}

caf::expected<std::string> ask_git_line(const git_place& where,
                                        std::vector<std::string> arguments) {
  git_command what;
  what.arguments = std::move(arguments);
  auto line = ask_git(where, what);
  if (line && line->ends_with('\n'))
    line->pop_back();
  return line;
}

caf::expected<std::optional<std::string>> find_commit(const git_place& where,
                                                      const std::string& name) {
  git_command what;
  what.arguments = {"rev-parse", "--verify", "--quiet", name + "^{commit}"};
  auto result = run_git(where, what);
  if (!result)
    return std::move(result.error());
  if (result->exit_code != 0)
    return std::optional<std::string>{};
  return std::optional{result->output.substr(0, result->output.find('\n'))};
}

} // namespace machine::agents

#include "actors/agents/sandbox/explain.hpp"

#include <signal.h>

#include <algorithm>
#include <filesystem>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

class sentences {
public:
  void add(std::string_view sentence) {
    if (!text_.empty())
      text_ += ' ';
    text_ += sentence;
  }

  std::string text() && {
    return std::move(text_);
  }

private:
  std::string text_;
};

/// Bound on the complaints that are looked into.
constexpr int max_complaints = 100;

/// Whether a line complains of a file that is not there.
bool misses_a_file(std::string_view line) {
  for (std::string_view what :
       {"No such file", "cannot open", "not found", "nonexistent"})
    if (line.find(what) != line.npos)
      return true;
  return false;
}

/// Whether *path*, relative to *worktree*, goes through a link that leads out
/// of it. No link is followed.
bool leads_out(const std::string& path, const std::string& worktree) {
  fs::path at{worktree};
  for (auto& part : fs::path{path}) {
    if (part == "..")
      return false;
    at /= part;
    std::error_code code;
    auto kind = fs::symlink_status(at, code).type();
    if (kind == fs::file_type::directory)
      continue;
    if (kind != fs::file_type::symlink)
      return false;
    auto target =
      (at.parent_path() / fs::read_symlink(at, code)).lexically_normal();
    return !code && target != worktree
        && !target.string().starts_with(worktree + "/");
  }
  return false;
}

/// Whether a line names a path that leads out of the worktree by a link.
bool names_a_way_out(std::string_view line, const std::string& worktree) {
  constexpr std::string_view ends = " \t:'\"`";
  while (!line.empty()) {
    auto word = line.substr(0, line.find_first_of(ends));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    if (!word.empty() && word.size() < 4'096 && word.front() != '/'
        && leads_out(std::string{word}, worktree))
      return true;
  }
  return false;
}

/// Whether a line names something in somebody's home.
bool names_a_home(std::string_view line, const std::string& worktree) {
  if (line.find(worktree) != line.npos)
    return false;
  for (std::string_view place : {"/root/", "/home/", "/tmp/home/."})
    if (line.find(place) != line.npos)
      return true;
  return false;
}

std::string explain_failure(const sandbox_result& x,
                            const sandbox_command& command) {
  sentences note;
  auto says = [&](std::string_view what) {
    return x.output.find(what) != x.output.npos;
  };
  if (says("Network is unreachable") || says("Could not resolve")
      || says("Temporary failure in name resolution")
      || says("Name or service not known") || says("EAI_AGAIN"))
    note.add("The sandbox has no network.");
  else if (says("Connection refused"))
    note.add("The sandbox has no network; 127.0.0.1 in it is itself.");
  if (says("Read-only file system"))
    note.add("In the sandbox only the worktree and /tmp can be written.");
  if (says("Operation not permitted") || says("Permission denied"))
    note.add("The sandbox forbids some system calls and gives no privileges.");
  if (x.exit_code == 128 + SIGXFSZ || says("File too large"))
    note.add("In the sandbox a file has at most "
             + std::to_string(command.limits.file_bytes >> 20) + " MiB.");
  if (says("No space left on device"))
    note.add("In the sandbox /tmp takes at most 1 GiB; the disk of the "
             "worktree may also be full.");
  auto home = false;
  auto way_out = false;
  auto left = max_complaints;
  for (std::string_view rest{x.output}; !rest.empty() && left > 0;) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!misses_a_file(line))
      continue;
    --left;
    home = home || names_a_home(line, command.worktree);
    way_out = way_out || names_a_way_out(line, command.worktree);
  }
  if (home)
    note.add("Home directories are not there in the sandbox.");
  if (way_out)
    note.add("What links of the worktree lead to outside of it is not there "
             "in the sandbox.");
  if (x.exit_code == 127)
    note.add("127 usually means that the program is not installed; the "
             "sandbox shows /usr.");
  return std::move(note).text();
}

} // namespace

std::string explain(const sandbox_result& x, const sandbox_command& command) {
  auto& limits = command.limits;
  switch (x.end) {
    case sandbox_end::time_limit:
      return "The command was stopped after "
           + std::to_string(limits.time.count())
           + " ms; the step's timeout and sandbox.time_limit are bounds, and "
             "the shorter one counts.";
    case sandbox_end::memory_limit:
      return "The command was stopped because it needed more than "
           + std::to_string(limits.memory_bytes >> 20)
           + " MiB of memory, its files in /tmp included; raise "
             "sandbox.memory_limit.";
    case sandbox_end::process_limit:
      return "The command was stopped because it needed more than "
           + std::to_string(limits.processes)
           + " processes and threads; raise sandbox.process_limit.";
    case sandbox_end::disk_limit:
      return "The command was stopped because the disk of its worktree is "
             "nearly full; free some space there.";
    case sandbox_end::cancelled: return "The command was cancelled.";
    case sandbox_end::exited:
    case sandbox_end::signalled: break;
  }
  return x.exit_code == 0 ? std::string{} : explain_failure(x, command);
}

} // namespace machine::agents

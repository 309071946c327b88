#include "actors/agents/sandbox/sandbox.hpp"
#include "actors/agents/workspace/records.hpp"
#include "actors/agents/workspace/stage.hpp"
#include "actors/agents/workspace/workspace.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>
#include <charconv>

namespace machine::agents {

namespace {

/// Longest first line of a commit's message, in bytes.
constexpr size_t max_subject = 72;

/// What a key may have: it becomes a line of a message.
bool is_key(const std::string& x) {
  return !x.empty() && x.size() <= 200 && wire::is_utf8(x)
      && std::all_of(x.begin(), x.end(),
                     [](unsigned char c) { return c >= ' ' && c != 127; });
}

std::string subject_line(const std::string& subject, const std::string& key) {
  auto line = subject.substr(0, subject.find_first_of("\r\n"));
  if (line.find_first_not_of(" \t") == line.npos)
    line = key;
  if (line.size() <= max_subject)
    return wire::to_utf8(line);
  // Between two characters.
  auto end = max_subject - 3;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80)
    --end;
  return wire::to_utf8(line.substr(0, end) + "...");
}

caf::error check_key(const std::string& key) {
  if (is_key(key))
    return caf::none;
  return make_error(ec::invalid_argument,
                    "a checkpoint's key has 1 to 200 bytes, in one line");
}

/// The worktree, with its lock held.
struct locked_worktree {
  worktree_record record;
  descriptor lock;
};

caf::expected<locked_worktree> lock_worktree(const workspace& where) {
  auto found = find_worktree(where);
  if (!found)
    return std::move(found.error());
  auto lock = lock_directory(found->git_dir);
  if (!lock)
    return with_context("the workspace " + where.directory, lock.error());
  remove_stale_locks(*found);
  return locked_worktree{std::move(*found), std::move(*lock)};
}

caf::expected<std::string> head_of(const worktree_record& x) {
  auto head = find_commit(place_of(x.repository), x.branch_ref);
  if (!head)
    return std::move(head.error());
  if (!*head)
    return make_error(ec::not_found, "the branch " + x.branch_ref
                                       + " is gone from " + x.repository.top);
  return **head;
}

caf::expected<uint32_t> count_changes(const worktree_record& x,
                                      const std::string& from,
                                      const std::string& to) {
  git_command list;
  list.arguments = {"diff-tree", "-r", "-z", "--name-only", from, to};
  auto names = ask_git(x.place(), list);
  if (!names)
    return std::move(names.error());
  return static_cast<uint32_t>(std::count(names->begin(), names->end(), '\0'));
}

/// The caller holds the lock.
caf::expected<checkpoint> commit_all(const worktree_record& x,
                                     const std::string& key,
                                     const std::string& subject) {
  auto head = head_of(x);
  if (!head)
    return std::move(head.error());
  if (auto staged = stage_all(x); !staged)
    return staged.error();
  auto before = ask_git_line(x.place(), {"rev-parse", *head + "^{tree}"});
  auto after = ask_git_line(x.place(), {"write-tree"});
  if (!before || !after)
    return std::move((before ? after : before).error());
  if (*before == *after)
    return checkpoint{*head, 0, std::move(*after)};
  auto commit =
    ask_git_line(x.place(), {"commit-tree", *after, "-p", *head, "-m",
                             subject_line(subject, key), "-m", "Step: " + key});
  if (!commit)
    return std::move(commit.error());
  auto moved = ask_git_line(x.place(), {"update-ref", "-m", "checkpoint " + key,
                                        x.branch_ref, *commit, *head});
  if (!moved)
    return std::move(moved.error());
  auto count = count_changes(x, *head, *commit);
  if (!count)
    return std::move(count.error());
  return checkpoint{*commit, *count, std::move(*after)};
}

/// The number before the first of *words* in *text*.
uint32_t number_before(std::string_view text, std::string_view word) {
  auto at = text.find(word);
  if (at == text.npos || at < 2)
    return 0;
  auto end = at - 1;
  auto begin = text.find_last_of(' ', end - 1) + 1;
  uint32_t result = 0;
  std::from_chars(text.data() + begin, text.data() + end, result);
  return result;
}

} // namespace

caf::expected<checkpoint> commit_checkpoint(const workspace& where,
                                            const std::string& key,
                                            const std::string& subject) {
  if (auto err = check_key(key))
    return err;
  auto tree = lock_worktree(where);
  if (!tree)
    return std::move(tree.error());
  return commit_all(tree->record, key, subject);
}

caf::expected<std::string> tree_of(const workspace& where) {
  auto tree = lock_worktree(where);
  if (!tree)
    return std::move(tree.error());
  if (auto staged = stage_all(tree->record); !staged)
    return staged.error();
  return ask_git_line(tree->record.place(), {"write-tree"});
}

caf::expected<checkpoint> commit_rest(const workspace& where,
                                      const std::string& key,
                                      const std::string& subject) {
  if (auto err = check_key(key))
    return err;
  auto found = find_worktree(where);
  if (!found)
    return std::move(found.error());
  // Looked at with the lock held: somebody may be closing it.
  if (auto tree = lock_worktree(where); tree && is_open(tree->record))
    return commit_all(tree->record, key, subject);
  else if (!tree && is_open(*found))
    return std::move(tree.error());
  auto head = head_of(*found);
  if (!head)
    return std::move(head.error());
  return checkpoint{std::move(*head), 0, {}};
}

caf::expected<void> restore_checkpoint(const workspace& where) {
  auto tree = lock_worktree(where);
  if (!tree)
    return std::move(tree.error());
  auto& x = tree->record;
  // Files are written where commands may have put links meanwhile: that is
  // done where nothing else can be reached. The index is git's, so a copy.
  sandbox_command command;
  command.argv = {"/bin/sh", "-ec",
                  "cp \"$GIT_DIR/index\" /tmp/index\n"
                  "git read-tree --reset -u HEAD\n"
                  "git clean -d -ff --quiet --exclude=/.themachine/\n"};
  command.worktree = x.directory;
  command.read_only = readable_parts(x);
  command.environment = {{"GIT_DIR", x.git_dir},
                         {"GIT_WORK_TREE", x.directory},
                         {"GIT_INDEX_FILE", "/tmp/index"}};
  auto result = run_in_sandbox(command, {});
  if (!result)
    return std::move(result.error());
  if (result->exit_code != 0)
    return make_error(ec::io_failed, x.directory + " cannot be put back: "
                                       + result->output.substr(0, 500));
  git_command reset;
  reset.arguments = {"read-tree", "--reset", x.branch_ref};
  if (auto done = ask_git(x.place(), reset); !done)
    return std::move(done.error());
  git_command refresh;
  refresh.arguments = {"update-index", "-q", "--refresh"};
  static_cast<void>(run_git(x.place(), refresh));
  return caf::unit;
}

caf::expected<workspace_diff> diff_workspace(const workspace& where,
                                             size_t max_bytes) {
  auto found = find_worktree(where);
  if (!found)
    return std::move(found.error());
  // Once it is closed, the repository can tell as well.
  auto place = is_open(*found) ? found->place() : place_of(found->repository);
  auto diff = [&](const char* form) {
    git_command what;
    what.arguments = {"diff-tree",
                      "-r",
                      "-M",
                      form,
                      "--no-ext-diff",
                      "--no-textconv",
                      "--no-color",
                      where.base,
                      found->branch_ref};
    what.max_output = max_bytes;
    what.beyond = overflow::cut;
    return run_git(place, what);
  };
  auto patch = diff("-p");
  if (!patch)
    return std::move(patch.error());
  if (patch->exit_code != 0 && !patch->is_cut)
    return make_error(ec::io_failed, "git diff-tree in " + found->repository.top
                                       + " failed: " + patch->problem);
  workspace_diff result;
  result.patch = std::move(patch->output);
  if (patch->is_cut) {
    result.patch.resize(result.patch.rfind('\n') + 1);
    result.patch += "[... the patch has more than " + std::to_string(max_bytes)
                  + " bytes; see the branch " + where.branch + " ...]\n";
  }
  result.patch = wire::to_utf8(result.patch);
  git_command count;
  count.arguments = {"diff-tree",
                     "-r",
                     "-M",
                     "--shortstat",
                     "--no-ext-diff",
                     "--no-textconv",
                     where.base,
                     found->branch_ref};
  auto summary = ask_git(place, count);
  if (!summary)
    return std::move(summary.error());
  // ` 2 files changed, 10 insertions(+), 1 deletion(-)`
  result.files_changed = number_before(*summary, "file");
  result.lines_added = number_before(*summary, "insertion");
  result.lines_removed = number_before(*summary, "deletion");
  return result;
}

} // namespace machine::agents

#include "actors/agents/workspace/workspace.hpp"

#include "actors/agents/workspace/records.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

bool is_run_id(const std::string& x) {
  return !x.empty() && x.size() <= 64 && x.front() != '-'
      && std::all_of(x.begin(), x.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

/// The one of *all*, the last of which was told last, that has all others in
/// it. If git does not know all of them any more, the last.
caf::expected<std::optional<std::string>>
newest_of(const git_place& place, const std::vector<std::string>& all) {
  if (all.empty())
    return std::nullopt;
  git_command ask;
  ask.arguments = {"merge-base", "--independent"};
  ask.arguments.insert(ask.arguments.end(), all.begin(), all.end());
  auto said = run_git(place, ask);
  if (!said)
    return std::move(said.error());
  if (said->exit_code != 0)
    return std::optional{all.back()};
  return std::optional{said->output.substr(0, said->output.find('\n'))};
}

/// The commit that the run began at: the one that was written down, else HEAD,
/// which is written down first, so that whoever comes after a crash begins
/// there, too.
caf::expected<std::string> find_base(const worktree_record& x,
                                     const std::vector<std::string>& starts) {
  auto place = place_of(x.repository);
  auto known = find_commit(place, x.base_ref);
  if (!known)
    return std::move(known.error());
  if (*known)
    return **known;
  auto start = newest_of(place, starts);
  if (!start)
    return std::move(start.error());
  auto head = find_commit(place, start->value_or("HEAD"));
  if (!head)
    return std::move(head.error());
  if (!*head)
    return make_error(ec::invalid_argument,
                      x.repository.top
                        + (*start ? " has no commit " + **start + " any more"
                                  : " has no commit yet; commit something "
                                    "first"));
  if (auto made = ask_git_line(place, {"update-ref", x.base_ref, **head});
      !made)
    return std::move(made.error());
  return **head;
}

/// Puts the file back by which git finds its records from the worktree. There
/// may be work in it that no commit has yet.
caf::error mend_link(const worktree_record& x) {
  auto path = x.directory + "/.git";
  if (auto gone = remove_tree(path); !gone)
    return gone.error();
  std::ofstream out{path};
  out << "gitdir: " << x.git_dir << '\n';
  if (!out.flush())
    return make_error(ec::io_failed, "cannot write " + path);
  return caf::none;
}

/// Writes what a git that was killed has not: `commondir` of a worktree in
/// *parent*. While one is empty, git makes and lists no worktree of this
/// repository. The caller holds the lock on the repository's git directory, so
/// nobody is making one there.
void mend_records(const repository_record& repository, const fs::path& parent) {
  std::error_code code;
  fs::directory_iterator all{repository.common + "/worktrees", code};
  for (; !code && all != fs::directory_iterator{}; all.increment(code)) {
    auto& records = all->path();
    auto link = parent / records.filename() / ".git";
    std::error_code ignored;
    // If it cannot be written, git says what is wrong.
    if (fs::file_size(records / "commondir", ignored) == 0
        && first_line(records / "gitdir") == link)
      std::ofstream{records / "commondir"} << "../..\n";
  }
}

caf::error make_worktree(const worktree_record& x, const std::string& base) {
  for (auto& path : {x.directory, x.git_dir})
    if (auto gone = remove_tree(path); !gone)
      return gone.error();
  auto place = place_of(x.repository);
  auto branch = find_commit(place, x.branch_ref);
  if (!branch)
    return branch.error();
  auto name = x.branch_ref.substr(std::string_view{"refs/heads/"}.size());
  git_command add;
  // What is not there any more is checked out there, to git; hence the force.
  add.arguments = {"worktree", "add", "--quiet", "--no-checkout", "--force"};
  if (*branch)
    add.arguments.insert(add.arguments.end(), {x.directory, name});
  else
    add.arguments.insert(add.arguments.end(), {"-b", name, x.directory, base});
  if (auto made = ask_git(place, add); !made)
    return made.error();
  // Git would do this in a child, which would go on if it were killed.
  git_command fill;
  fill.arguments = {"read-tree", "--reset", "-u", x.branch_ref};
  if (auto filled = ask_git(x.place(), fill); !filled)
    return filled.error();
  if (!is_complete(x))
    return make_error(ec::io_failed,
                      "git made the worktree " + x.directory
                        + " in a way that is not understood; see " + x.git_dir);
  return caf::none;
}

/// Whose records those are that stand where the worktree's should.
std::string owner_of(const worktree_record& x) {
  return first_line(x.git_dir + "/gitdir");
}

} // namespace

caf::expected<workspace>
open_workspace(const std::string& repository, const std::string& parent,
               const std::string& run_id,
               const std::vector<std::string>& starts) {
  if (!is_run_id(run_id))
    return make_error(ec::invalid_argument,
                      "\"" + run_id.substr(0, 80)
                        + "\" is no id of a run: 1 to 64 letters a-z, digits "
                          "and dashes");
  std::error_code code;
  fs::create_directories(parent, code);
  auto place = fs::canonical(parent, code);
  if (code || !parent.starts_with('/'))
    return make_error(ec::io_failed, "cannot create the directory " + parent
                                       + ": " + code.message());
  workspace result;
  result.repository = repository;
  result.directory = (place / run_id).string();
  result.branch = "themachine/" + run_id;
  auto found = find_worktree(result);
  if (!found)
    return std::move(found.error());
  result.repository = found->repository.top;
  auto lock = lock_directory(found->repository.common);
  if (!lock)
    return std::move(lock.error());
  remove_stale_ref_locks(*found);
  mend_records(found->repository, place);
  auto base = find_base(*found, starts);
  if (!base)
    return std::move(base.error());
  result.base = std::move(*base);
  if (is_complete(*found))
    return result;
  auto owner = owner_of(*found);
  auto ours = owner == result.directory + "/.git";
  if (!owner.empty() && !ours)
    return make_error(ec::conflict,
                      found->git_dir + " belongs to the worktree at " + owner
                        + "; remove that with `git worktree remove`");
  if (ours && fs::is_directory(result.directory, code)) {
    if (auto err = mend_link(*found))
      return err;
    if (is_complete(*found))
      return result;
  }
  if (auto err = make_worktree(*found, result.base))
    return err;
  return result;
}

caf::expected<void> close_workspace(const workspace& where) {
  auto found = find_worktree(where);
  if (!found)
    return std::move(found.error());
  auto lock = lock_directory(found->repository.common);
  if (!lock)
    return std::move(lock.error());
  if (auto owner = owner_of(*found);
      !owner.empty() && owner != where.directory + "/.git")
    return make_error(ec::conflict,
                      found->git_dir + " belongs to the worktree at " + owner);
  // Nobody commits meanwhile what is half gone, nor after a crash.
  auto records = lock_directory(found->git_dir);
  if (!records && code_of(records.error()) != ec::not_found)
    return std::move(records.error());
  std::error_code code;
  fs::remove(found->git_dir + "/HEAD", code);
  if (code)
    return make_error(ec::io_failed, "cannot remove " + found->git_dir
                                       + "/HEAD: " + code.message());
  for (auto& path : {found->git_dir, found->directory})
    if (auto gone = remove_tree(path); !gone)
      return gone;
  return forget_base(*found);
}

} // namespace machine::agents

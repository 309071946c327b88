#include "actors/agents/workspace/stage.hpp"

#include "actors/agents/workspace/confined.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <span>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

/// Bound on what one checkpoint adds.
constexpr uint64_t max_staged = 2ull << 30;

/// Directory of copies, removed at its end.
class staging {
public:
  explicit staging(const worktree_record& of)
      : path_(of.git_dir + "/themachine-staging") {}

  staging(const staging&) = delete;
  staging& operator=(const staging&) = delete;

  ~staging() {
    static_cast<void>(remove_tree(path_));
  }

  caf::error prepare() const {
    if (auto gone = remove_tree(path_); !gone)
      return gone.error();
    return make_parent_of("x");
  }

  caf::error add_file(const std::string& name, file_kind kind,
                      const descriptor& from) {
    if (auto err = make_parent_of(name))
      return err;
    auto path = path_ + "/" + name;
    auto mode = kind == file_kind::executable ? 0755 : 0644;
    descriptor to{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    while (to) {
      auto size = ::sendfile(to.get(), from.get(), nullptr, 1u << 20);
      if (size == 0)
        return caf::none;
      if (size < 0 && errno != EINTR)
        break;
      staged_ += static_cast<uint64_t>(std::max<ssize_t>(size, 0));
      if (staged_ > max_staged)
        return make_error(ec::limit_exceeded,
                          "more than 2 GiB changed since the last "
                          "checkpoint; list what is built in .gitignore");
    }
    return cannot_write(path);
  }

  caf::error add_link(const std::string& name, const std::string& target) {
    if (auto err = make_parent_of(name))
      return err;
    auto path = path_ + "/" + name;
    return ::symlink(target.c_str(), path.c_str()) == 0 ? caf::none
                                                        : cannot_write(path);
  }

  const std::string& path() const {
    return path_;
  }

private:
  /// A copy of a link must not lead the next copy out of here.
  caf::error make_parent_of(const std::string& name) const {
    auto path = path_ + "/" + name;
    for (auto at = path_.size(); at != path.npos; at = path.find('/', at + 1)) {
      auto part = path.substr(0, at);
      std::error_code code;
      if (::mkdir(part.c_str(), 0700) == 0
          || fs::symlink_status(part, code).type() == fs::file_type::directory)
        continue;
      if (errno == EEXIST)
        return make_error(ec::conflict,
                          name
                            + " changes while it is committed; end what "
                              "changes it and try again");
      return cannot_write(part);
    }
    return caf::none;
  }

  std::string path_;
  uint64_t staged_ = 0;
};

/// The paths at which something is new, different or gone.
caf::expected<std::set<std::string>> find_changes(const worktree_record& x) {
  constexpr std::string_view submodule = "160000 ";
  git_command known;
  known.arguments = {"ls-files", "-z", "--modified", "--deleted",
                     "--format=%(objectmode) %(path)"};
  known.max_output = 256u << 20;
  auto changed = ask_git(x.place(), known);
  if (!changed)
    return std::move(changed.error());
  git_command others;
  others.arguments = {"ls-files", "-z",
                      "--others", "--exclude-standard",
                      own_files,  "--exclude=.*" + std::string{unfinished}};
  others.max_output = 256u << 20;
  auto added = ask_git(x.place(), others);
  if (!added)
    return std::move(added.error());
  std::set<std::string> result;
  for_each_name(*changed, [&](std::string entry) {
    if (!entry.starts_with(submodule))
      result.insert(entry.substr(submodule.size()));
  });
  for_each_name(*added, [&](std::string name) {
    // A repository of its own ends with a slash.
    if (!name.ends_with('/'))
      result.insert(std::move(name));
  });
  return result;
}

/// Whether something was put into *to*: what vanishes while we look, and what
/// is neither a file nor a link, counts as gone.
caf::expected<bool> copy(const confined_tree& from, const std::string& name,
                         staging& to) {
  auto kind = from.kind_of(name);
  if (kind == file_kind::link) {
    auto target = from.read_link(name);
    if (!target)
      return false;
    if (auto err = to.add_link(name, *target))
      return err;
    return true;
  }
  if (kind != file_kind::regular && kind != file_kind::executable)
    return false;
  auto file = from.open_file(name, inner_links::refuse);
  if (file) {
    if (auto err = to.add_file(name, kind, *file))
      return err;
    return true;
  }
  if (from.kind_of(name) == kind)
    return std::move(file.error());
  return false;
}

std::string ended_by_nul(std::span<const std::string> names) {
  std::string result;
  for (auto& name : names)
    result.append(name).push_back('\0');
  return result;
}

/// Puts the copy *name* into the index byte for byte.
caf::error add_as_it_is(const git_place& place, const std::string& name) {
  auto blob =
    ask_git_line(place, {"hash-object", "-w", "--no-filters", "--", name});
  if (!blob)
    return blob.error();
  std::error_code code;
  auto mode = fs::status(place.directory + "/" + name, code).permissions();
  auto runs = (mode & fs::perms::owner_exec) != fs::perms::none;
  git_command add;
  add.arguments = {"update-index", "-z", "--index-info"};
  add.input = (runs ? "100755 " : "100644 ") + *blob + '\t' + name + '\0';
  auto done = ask_git(place, add);
  return done ? caf::none : done.error();
}

/// Puts copies into the index. What git cannot convert as the attributes say,
/// such as text in an encoding that it does not have, goes in as it is; it is
/// found by halves.
caf::error add_copies(const git_place& place,
                      std::span<const std::string> names) {
  if (names.empty())
    return caf::none;
  git_command update;
  update.arguments = {"update-index", "-z", "--add", "--replace", "--stdin"};
  update.input = ended_by_nul(names);
  auto done = run_git(place, update);
  if (!done)
    return done.error();
  if (done->exit_code == 0)
    return caf::none;
  if (names.size() == 1)
    return add_as_it_is(place, names.front());
  auto half = names.size() / 2;
  if (auto err = add_copies(place, names.first(half)))
    return err;
  return add_copies(place, names.subspan(half));
}

} // namespace

caf::expected<void> stage_all(const worktree_record& x) {
  auto changes = find_changes(x);
  if (!changes)
    return std::move(changes.error());
  if (changes->empty())
    return caf::unit;
  auto tree = confined_tree::open(x.directory);
  if (!tree)
    return std::move(tree.error());
  staging copies{x};
  if (auto err = copies.prepare())
    return err;
  std::vector<std::string> there;
  std::vector<std::string> gone;
  for (auto& name : *changes) {
    auto copied = copy(*tree, name, copies);
    if (!copied)
      return with_context("the checkpoint", copied.error());
    (*copied ? there : gone).push_back(name);
  }
  git_place place{copies.path(), x.git_dir, copies.path()};
  if (!gone.empty()) {
    // Before anything takes the place of a directory of theirs.
    git_command remove;
    remove.arguments = {"update-index", "-z", "--force-remove", "--stdin"};
    remove.input = ended_by_nul(gone);
    if (auto done = ask_git(place, remove); !done)
      return std::move(done.error());
  }
  if (auto err = add_copies(place, there))
    return with_context("the checkpoint", err);
  // So that git need not look into these files again next time.
  git_command refresh;
  refresh.arguments = {"update-index", "-q", "--refresh"};
  static_cast<void>(run_git(x.place(), refresh));
  return caf::unit;
}

} // namespace machine::agents

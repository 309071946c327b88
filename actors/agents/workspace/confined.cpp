#include "actors/agents/workspace/confined.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace machine::agents {

namespace {

constexpr size_t max_path = 1'024;

/// The kernel gives up when something is renamed meanwhile.
constexpr int max_tries = 32;

constexpr uint64_t no_links = RESOLVE_NO_SYMLINKS;

descriptor open_beneath(const descriptor& root, const std::string& path,
                        uint64_t flags, uint64_t resolve = 0,
                        uint64_t mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  descriptor result;
  for (int i = 0; i < max_tries; ++i) {
    result = descriptor{static_cast<int>(
      ::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how))};
    if (result || errno != EAGAIN)
      break;
  }
  return result;
}

caf::error explain(const std::string& path) {
  switch (errno) {
    case ENOENT:
    case ENOTDIR: return make_error(ec::not_found, "there is no file " + path);
    case EXDEV:
      return make_error(ec::denied, path + " leads out of the worktree");
    case ELOOP:
      return make_error(ec::denied, path
                                      + " leads through a link that cannot "
                                        "be followed");
    case EISDIR:
      return make_error(ec::invalid_argument, path + " is a directory");
    case ENXIO:
      return make_error(ec::invalid_argument, path + " is no regular file");
    case EACCES:
      return make_error(ec::denied, path + " may not be opened; see its mode");
    case ENAMETOOLONG:
      return make_error(ec::invalid_argument,
                        path.substr(0, 100)
                          + "... has a name that is too long");
    default:
      return make_error(ec::io_failed, path + ": " + std::strerror(errno));
  }
}

bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    auto size = ::write(fd, data.data(), data.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      return false;
    data.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

file_kind kind_by_mode(mode_t mode) {
  if (S_ISREG(mode))
    return (mode & S_IXUSR) != 0 ? file_kind::executable : file_kind::regular;
  if (S_ISLNK(mode))
    return file_kind::link;
  return S_ISDIR(mode) ? file_kind::directory : file_kind::other;
}

std::string path_of(const descriptor& file) {
  std::array<char, 8'192> path{};
  auto self = "/proc/self/fd/" + std::to_string(file.get());
  auto size = ::readlink(self.c_str(), path.data(), path.size());
  return {path.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

/// Whether a link inside the tree has led to git's own files.
bool is_gits(const descriptor& root, const descriptor& file) {
  auto path = path_of(file);
  auto top = path_of(root);
  if (path.starts_with(top))
    path.erase(0, top.size());
  return path.find("/.git/") != path.npos || path.ends_with("/.git");
}

caf::error belongs_to_git(const std::string& path) {
  return make_error(ec::denied, path
                                  + " belongs to git; commits are made for "
                                    "you");
}

} // namespace

caf::error check_path(const std::string& path) {
  auto bad = [&](std::string_view why) {
    return make_error(ec::invalid_argument, "the path \"" + path.substr(0, 200)
                                              + "\" " + std::string{why});
  };
  if (path.empty() || path.size() > max_path)
    return bad("must have 1 to 1024 bytes");
  if (path.front() == '/')
    return bad("is absolute; give it relative to the top of the worktree");
  if (path.find('\0') != path.npos || path.back() == '/')
    return bad("names no file");
  for (size_t begin = 0; begin <= path.size();) {
    auto end = std::min(path.find('/', begin), path.size());
    auto part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return bad("must not have empty parts, `.` or `..`; give it relative to "
                 "the top of the worktree");
    if (part == ".git")
      return bad("belongs to git and cannot be touched by hand");
    begin = end + 1;
  }
  return caf::none;
}

caf::expected<confined_tree> confined_tree::open(const std::string& root) {
  descriptor dir{::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!dir)
    return make_error(ec::not_found, "there is no directory " + root);
  if (!open_beneath(dir, ".", O_PATH))
    return make_error(ec::unavailable,
                      std::string{"the kernel cannot confine paths (openat2: "}
                        + std::strerror(errno)
                        + "); Linux 5.6 or later is needed");
  return confined_tree{std::move(dir)};
}

file_kind confined_tree::kind_of(const std::string& path) const {
  auto file = open_beneath(root_, path, O_PATH | O_NOFOLLOW, no_links);
  // With this flag the kernel refuses also a link at the end.
  if (!file && errno == ELOOP) {
    auto slash = path.rfind('/');
    auto parent =
      slash == path.npos
        ? open_beneath(root_, ".", O_PATH)
        : open_beneath(root_, path.substr(0, slash), O_PATH, no_links);
    auto name = slash == path.npos ? path : path.substr(slash + 1);
    struct stat about {};
    if (parent
        && ::fstatat(parent.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW)
             == 0)
      return kind_by_mode(about.st_mode);
    return file_kind::absent;
  }
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0)
    return file_kind::absent;
  return kind_by_mode(about.st_mode);
}

caf::expected<descriptor> confined_tree::open_file(const std::string& path,
                                                   inner_links links) const {
  auto file = open_beneath(root_, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
                           links == inner_links::refuse ? no_links : 0);
  if (!file)
    return explain(path);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0)
    return explain(path);
  if (S_ISDIR(about.st_mode))
    return make_error(ec::invalid_argument, path + " is a directory");
  if (!S_ISREG(about.st_mode))
    return make_error(ec::invalid_argument, path + " is no regular file");
  if (is_gits(root_, file))
    return belongs_to_git(path);
  return file;
}

caf::expected<std::string>
confined_tree::read_link(const std::string& path) const {
  auto slash = path.rfind('/');
  auto parent = slash == path.npos
                ? open_beneath(root_, ".", O_PATH)
                : open_beneath(root_, path.substr(0, slash), O_PATH, no_links);
  auto name = slash == path.npos ? path : path.substr(slash + 1);
  std::array<char, 4'097> target{};
  auto size = parent ? ::readlinkat(parent.get(), name.c_str(), target.data(),
                                    target.size())
                     : -1;
  if (size < 0)
    return explain(path);
  return std::string{target.data(), static_cast<size_t>(size)};
}

caf::expected<std::vector<directory_entry>>
confined_tree::list(const std::string& path, size_t max_entries) const {
  auto dir = open_beneath(root_, path, O_RDONLY | O_DIRECTORY, no_links);
  if (!dir)
    return explain(path);
  auto close = [](DIR* x) { ::closedir(x); };
  std::unique_ptr<DIR, decltype(close)> stream{::fdopendir(dir.get()), close};
  if (stream == nullptr)
    return explain(path);
  auto fd = dir.release();
  std::vector<directory_entry> result;
  while (auto* entry = ::readdir(stream.get())) {
    std::string name{entry->d_name};
    if (name == "." || name == "..")
      continue;
    if (result.size() >= max_entries)
      return make_error(ec::limit_exceeded, path + " has more than "
                                              + std::to_string(max_entries)
                                              + " entries");
    struct stat about {};
    if (::fstatat(fd, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0)
      result.push_back({std::move(name), kind_by_mode(about.st_mode)});
  }
  std::sort(result.begin(), result.end(),
            [](auto& x, auto& y) { return x.name < y.name; });
  return result;
}

caf::expected<std::string> confined_tree::read(const std::string& path,
                                               size_t max_bytes) const {
  if (auto err = check_path(path))
    return err;
  auto file = open_file(path, inner_links::follow);
  if (!file)
    return std::move(file.error());
  auto too_long = [&](const std::string& size) {
    return make_error(ec::limit_exceeded,
                      path + " has " + size + " bytes; files of at most "
                        + std::to_string(max_bytes) + " are read");
  };
  struct stat about {};
  if (::fstat(file->get(), &about) != 0)
    return explain(path);
  if (static_cast<uint64_t>(about.st_size) > max_bytes)
    return too_long(std::to_string(about.st_size));
  std::string content;
  std::array<char, 65'536> buffer;
  for (;;) {
    auto size = ::read(file->get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return explain(path);
    if (size == 0)
      return content;
    content.append(buffer.data(), static_cast<size_t>(size));
    // It grows while we read.
    if (content.size() > max_bytes)
      return too_long("more than " + std::to_string(max_bytes));
  }
}

/// Makes the directories of *path* and opens the last one.
descriptor confined_tree::make_parent(const std::string& path) const {
  constexpr auto flags = O_PATH | O_DIRECTORY;
  auto parent = open_beneath(root_, ".", flags);
  for (auto at = path.find('/'); parent && at != path.npos;
       at = path.find('/', at + 1)) {
    auto part = path.substr(0, at);
    auto there = open_beneath(root_, part, flags);
    if (!there && errno == ENOENT) {
      auto name = part.substr(part.rfind('/') + 1);
      if (::mkdirat(parent.get(), name.c_str(), 0777) == 0 || errno == EEXIST)
        there = open_beneath(root_, part, flags);
    }
    parent = std::move(there);
  }
  return parent;
}

caf::error confined_tree::write(const std::string& path,
                                const std::string& content) const {
  if (auto err = check_path(path))
    return err;
  auto parent = make_parent(path);
  if (!parent)
    return errno == ENOTDIR
           ? make_error(ec::invalid_argument,
                        "a part of " + path + " is a file, no directory")
           : explain(path);
  if (is_gits(root_, parent))
    return belongs_to_git(path);
  auto name = path.substr(path.rfind('/') + 1);
  struct stat about {};
  auto exists =
    ::fstatat(parent.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && S_ISLNK(about.st_mode))
    return make_error(ec::denied,
                      path + " is a link; write to the file it leads to");
  if (exists && !S_ISREG(about.st_mode))
    return make_error(ec::invalid_argument, path + " is no regular file");
  auto beside = "." + name.substr(0, 200) + std::string{unfinished};
  ::unlinkat(parent.get(), beside.c_str(), 0);
  auto file =
    open_beneath(parent, beside, O_WRONLY | O_CREAT | O_EXCL, no_links, 0666);
  if (!file)
    return explain(path);
  if (!write_all(file.get(), content)
      || (exists && ::fchmod(file.get(), about.st_mode & 0777) != 0)
      || ::fsync(file.get()) != 0
      || ::renameat(parent.get(), beside.c_str(), parent.get(), name.c_str())
           != 0) {
    auto problem = explain(path);
    ::unlinkat(parent.get(), beside.c_str(), 0);
    return problem;
  }
  // The new name is on the disk only when its directory is.
  if (auto dir = open_beneath(parent, ".", O_RDONLY | O_DIRECTORY))
    ::fsync(dir.get());
  return caf::none;
}

} // namespace machine::agents

#include "actors/agents/sandbox/wrap.hpp"

#include "actors/agents/sandbox/proc.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

/// Bound on the words of a command; bubblewrap takes 9000.
constexpr size_t max_words = 4'096;

/// Bound on its bytes; the kernel takes as many in one argument.
constexpr size_t max_bytes = 128u << 10;

/// What a command may put into /tmp and /dev/shm.
constexpr const char* tmp_bytes = "1073741824";
constexpr const char* shm_bytes = "268435456";

/// What programs look up there and nobody has a secret in.
constexpr std::array shown_of_etc{
  "alternatives",    "debian_version", "fonts",
  "ld.so.cache",     "ld.so.conf",     "ld.so.conf.d",
  "localtime",       "mime.types",     "nsswitch.conf",
  "os-release",      "perl",           "profile",
  "protocols",       "python3",        "python3.11",
  "python3.13",      "services",       "ssl/certs",
  "ssl/openssl.cnf", "timezone"};

/// What root can read in any /proc and nobody else; the command may be root,
/// seen from outside.
constexpr std::array hidden_of_proc{
  "kcore",      "key-users",  "keys",          "kmsg",         "kpagecgroup",
  "kpagecount", "kpageflags", "latency_stats", "pagetypeinfo", "sched_debug",
  "slabinfo",   "timer_list", "vmallocinfo"};

/// Directories that no worktree is in: they have the system's files.
constexpr std::array of_the_system{"bin",  "boot",  "dev",   "etc",
                                   "lib",  "lib32", "lib64", "libx32",
                                   "proc", "sbin",  "sys",   "usr"};

class builder {
public:
  void add(std::initializer_list<std::string> words) {
    result_.argv.insert(result_.argv.end(), words);
  }

  void add(const std::vector<std::string>& words) {
    result_.argv.insert(result_.argv.end(), words.begin(), words.end());
  }

  /// Has the wrapper inherit *file*; the number that it has there.
  std::string give(descriptor file) {
    auto number = 3 + static_cast<int>(result_.descriptors.size());
    result_.descriptors.push_back({file.get(), number});
    result_.files.push_back(std::move(file));
    return std::to_string(number);
  }

  /// A file at *path* that has *content*; it exists in the sandbox alone.
  void put(const std::string& path, std::string_view content) {
    descriptor file{::memfd_create("sandbox", MFD_CLOEXEC)};
    if (!file
        || ::write(file.get(), content.data(), content.size())
             != static_cast<ssize_t>(content.size())
        || ::lseek(file.get(), 0, SEEK_SET) != 0) {
      problem_ = errno;
      return;
    }
    add({"--ro-bind-data", give(std::move(file)), path});
  }

  void set(const std::string& name, const std::string& value) {
    add({"--setenv", name, value});
  }

  /// Opens the pipe for what the wrapper says about itself.
  void listen() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      problem_ = errno;
      return;
    }
    result_.info = descriptor{ends[0]};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    add({"--info-fd", give(descriptor{ends[1]})});
  }

  caf::expected<wrapped_command> finish() {
    if (problem_ != 0)
      return make_error(ec::io_failed, std::string{"no files for a sandbox: "}
                                         + std::strerror(problem_));
    return std::move(result_);
  }

private:
  wrapped_command result_;
  int problem_ = 0;
};

void add_system(builder& to) {
  to.add({"--ro-bind", "/usr", "/usr"});
  for (auto name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    auto path = "/" + std::string{name};
    std::error_code code;
    if (fs::is_symlink(path, code))
      to.add({"--symlink", "usr/" + std::string{name}, path});
    else if (fs::is_directory(path, code))
      to.add({"--ro-bind", path, path});
  }
  for (auto name : shown_of_etc) {
    auto path = "/etc/" + std::string{name};
    to.add({"--ro-bind-try", path, path});
  }
  std::error_code code;
  for (auto& entry : fs::directory_iterator{"/etc", code})
    if (entry.path().filename().string().starts_with("java-"))
      to.add({"--ro-bind-try", entry.path().string(), entry.path().string()});
  to.put("/etc/passwd",
         "sandbox:x:1000:1000::/tmp/home:/bin/sh\n"
         "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n");
  to.put("/etc/group", "sandbox:x:1000:\nnogroup:x:65534:\n");
  to.put("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"
                       "127.0.1.1 sandbox\n");
  // Read-only as a whole: to a process of root's, without any capability, the
  // kernel's settings in there would be writable.
  to.add({"--proc", "/proc"});
  for (auto name : hidden_of_proc) {
    auto path = "/proc/" + std::string{name};
    if (fs::exists(path, code))
      to.add({"--ro-bind", "/dev/null", path});
  }
  to.add({"--remount-ro", "/proc"});
  to.add({"--dev", "/dev", "--size", shm_bytes, "--perms", "1777", "--tmpfs",
          "/dev/shm", "--remount-ro", "/dev"});
  to.add({"--size", tmp_bytes, "--perms", "1777", "--tmpfs", "/tmp", "--dir",
          "/tmp/home"});
}

caf::error add_worktree(builder& to, const std::string& worktree) {
  to.add({"--bind", worktree, worktree});
  // What makes it a worktree is not the command's to change. A link would be
  // followed, out here, to where the command wants it.
  auto git = worktree + "/.git";
  std::error_code code;
  auto kind = fs::symlink_status(git, code).type();
  if (kind == fs::file_type::regular || kind == fs::file_type::directory)
    to.add({"--ro-bind", git, git});
  else if (kind != fs::file_type::not_found)
    return make_error(ec::denied,
                      git + " is neither a file nor a directory; remove it");
  to.add({"--chdir", worktree});
  return caf::none;
}

void add_environment(builder& to, const sandbox_command& command) {
  to.set("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
  to.set("HOME", "/tmp/home");
  to.set("USER", "sandbox");
  to.set("LANG", "C.UTF-8");
  to.set("TMPDIR", "/tmp");
  to.set("TERM", "dumb");
  to.set("CI", "true");
  // The git directory may belong to a user that does not exist in there.
  to.set("GIT_CONFIG_COUNT", "1");
  to.set("GIT_CONFIG_KEY_0", "safe.directory");
  to.set("GIT_CONFIG_VALUE_0", "*");
  to.set("GIT_OPTIONAL_LOCKS", "0");
  for (auto& [name, value] : command.environment)
    to.set(name, value);
}

caf::error bad(std::string what) {
  return make_error(ec::invalid_argument, std::move(what));
}

bool is_plain_path(const std::string& path) {
  return path.starts_with('/') && path.find('\0') == path.npos
      && fs::path{path}.lexically_normal().string() == path
      && (path.size() == 1 || path.back() != '/');
}

caf::error check_worktree(const std::string& worktree) {
  std::error_code code;
  if (!is_plain_path(worktree) || !fs::is_directory(worktree, code))
    return bad("the worktree \"" + worktree
               + "\" is no directory; give an absolute path without `..`");
  auto first = worktree.substr(1, worktree.find('/', 1) - 1);
  if (worktree.find('/', 1) == worktree.npos
      || std::find(of_the_system.begin(), of_the_system.end(), first)
           != of_the_system.end())
    return bad("the worktree " + worktree
               + " is a part of the system; choose a directory of its own");
  return caf::none;
}

} // namespace

caf::error check_command(const sandbox_command& command) {
  if (command.argv.empty() || command.argv.front().empty())
    return bad("the command is empty; name a program");
  auto count = command.argv.size() + command.environment.size();
  size_t size = 0;
  for (auto& word : command.argv) {
    size += word.size() + 1;
    if (word.find('\0') != word.npos)
      return bad("the command has a NUL character in it");
  }
  for (auto& [name, value] : command.environment) {
    size += name.size() + value.size() + 2;
    if (name.empty() || name.find_first_of(std::string{"=\0", 2}) != name.npos
        || value.find('\0') != value.npos)
      return bad("the variable \"" + name.substr(0, 50)
                 + "\" is not valid: no `=` in its name, no NUL character");
  }
  if (size > max_bytes || count > max_words)
    return bad("the command and its environment have " + std::to_string(count)
               + " words and " + std::to_string(size)
               + " bytes; at most 4096 and 131072 are allowed, so put it "
                 "into a script");
  for (auto& path : command.read_only)
    if (!is_plain_path(path))
      return bad("\"" + path + "\" is no absolute path without `..`");
  return check_worktree(command.worktree);
}

caf::expected<wrapped_command> wrap_command(const sandbox_command& command,
                                            hidden_memory memory) {
  auto filter = open_seccomp_filter(memory);
  if (!filter)
    return std::move(filter.error());
  builder to;
  to.add({bubblewrap, "--unshare-all", "--unshare-user", "--die-with-parent",
          "--new-session", "--cap-drop", "ALL", "--uid", "1000", "--gid",
          "1000", "--hostname", "sandbox", "--clearenv"});
  to.listen();
  to.add({"--seccomp", to.give(std::move(*filter))});
  add_system(to);
  for (auto& path : command.read_only)
    to.add({"--ro-bind-try", path, path});
  if (auto err = add_worktree(to, command.worktree))
    return err;
  // Without a bound on its size, it must not take files.
  to.add({"--remount-ro", "/"});
  add_environment(to, command);
  to.add({"--"});
  to.add(command.argv);
  return to.finish();
}

pid_t first_process_in(std::string_view info) {
  if (info.find('}') == info.npos)
    return -1;
  auto pid = number_after(info, "\"child-pid\":");
  return pid > 0 ? static_cast<pid_t>(pid) : -1;
}

} // namespace machine::agents

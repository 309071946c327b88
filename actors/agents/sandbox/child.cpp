#include "actors/agents/sandbox/child.hpp"

#include "actors/agents/sandbox/descriptor.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace machine::agents {

namespace {

/// How far a child came that did not become its program. It shares our memory
/// until then, so it can say so.
struct failure {
  const char* stage = nullptr;
  int problem = 0;
};

/// All that a child needs, laid out before it exists.
struct plan {
  char** argv = nullptr;
  char** environment = nullptr;
  int null = -1;
  int output = -1;
  const inherited* descriptors = nullptr;
  size_t count = 0;
  /// The first number above those that it keeps.
  unsigned beyond = 3;
  const child_spec* spec = nullptr;
  pid_t parent = -1;
  failure* failed = nullptr;
};

[[noreturn]] void give_up(const plan& x, const char* stage) {
  x.failed->stage = stage;
  x.failed->problem = errno;
  ::_exit(127);
}

void bound(decltype(RLIMIT_CORE) what, rlim_t value) {
  rlimit limit{};
  ::getrlimit(what, &limit);
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(what, &limit);
}

/// A mount of /dev that is read-only, in a mount namespace of the child's own:
/// devices can be used through it and their nodes cannot be changed. What is
/// mounted from it later cannot be made writable by those with less rights.
bool seal_devices() {
  return ::unshare(CLONE_NEWNS) == 0
      && ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0
      && ::mount("/dev", "/dev", nullptr, MS_BIND, nullptr) == 0
      && ::mount(nullptr, "/dev", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY,
                 nullptr)
           == 0;
}

/// What the child does before it becomes the program. It runs on our memory:
/// system calls alone, no allocation, no lock.
[[noreturn]] void become(const plan& x) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != x.parent)
    ::_exit(127);
  // A handler of ours must not run in here.
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (auto group : x.spec->groups)
    if (::write(group, "0", 1) != 1)
      give_up(x, "it cannot join its control group");
  // If the machine runs out of memory, commands go first.
  if (auto fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
      fd >= 0)
    static_cast<void>(!::write(fd, "500", 3));
  if (x.spec->niceness != 0)
    ::setpriority(PRIO_PROCESS, 0,
                  ::getpriority(PRIO_PROCESS, 0) + x.spec->niceness);
  bound(RLIMIT_CORE, 0);
  bound(RLIMIT_NOFILE, 4'096);
  if (x.spec->file_bytes > 0)
    bound(RLIMIT_FSIZE, x.spec->file_bytes);
  if (x.spec->user_processes > 0)
    bound(RLIMIT_NPROC, x.spec->user_processes);
  if (x.spec->devices == device_nodes::sealed && !seal_devices())
    give_up(x, "its device nodes cannot be sealed");
  auto ok = ::dup2(x.null, 0) == 0 && ::dup2(x.output, 1) == 1
         && ::dup2(x.output, 2) == 2;
  for (size_t i = 0; i < x.count; ++i)
    ok = ok && ::dup2(x.descriptors[i].from, x.descriptors[i].to) >= 0;
  if (!ok)
    give_up(x, "it cannot have its descriptors");
  // What it does not get must not stay open.
  if (::syscall(SYS_close_range, x.beyond, ~0u, 0) != 0)
    give_up(x, "its descriptors cannot be closed; Linux 5.9 is needed");
  ::execve(x.argv[0], x.argv, x.environment);
  give_up(x, "it cannot be executed");
}

/// By itself, so that nothing of the caller's is in a register that the child
/// may change.
[[gnu::noinline]] pid_t fork_into(const plan& x) {
  auto pid = ::vfork();
  if (pid == 0)
    become(x);
  return pid;
}

std::vector<char*> pointers(const std::vector<std::string>& from) {
  std::vector<char*> result;
  result.reserve(from.size() + 1);
  for (auto& x : from)
    result.push_back(const_cast<char*>(x.c_str()));
  result.push_back(nullptr);
  return result;
}

caf::error cannot_start(const std::string& program, std::string_view why,
                        int problem) {
  return make_error(ec::io_failed, program
                                     + " does not start: " + std::string{why}
                                     + " (" + std::strerror(problem) + ")");
}

/// A copy whose number is none of those that children get.
descriptor copy_high(int fd) {
  return descriptor{::fcntl(fd, F_DUPFD_CLOEXEC, 100)};
}

} // namespace

caf::expected<child> start_child(const child_spec& spec) {
  auto& program = spec.argv.front();
  auto failed = [&](std::string_view why) {
    return cannot_start(program, why, errno);
  };
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return failed("there is no pipe for its output");
  descriptor reading{ends[0]};
  descriptor writing{ends[1]};
  descriptor nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  auto in = copy_high(nothing.get());
  auto out = copy_high(writing.get());
  if (!in || !out)
    return failed("there are no descriptors left");
  std::vector<descriptor> copies;
  std::vector<inherited> safe;
  plan x;
  for (auto& one : spec.descriptors) {
    copies.push_back(copy_high(one.from));
    if (!copies.back())
      return failed("there are no descriptors left");
    safe.push_back({copies.back().get(), one.to});
    x.beyond = std::max(x.beyond, static_cast<unsigned>(one.to) + 1);
  }
  auto argv = pointers(spec.argv);
  auto environment = pointers(spec.environment);
  failure what;
  x.argv = argv.data();
  x.environment = environment.data();
  x.null = in.get();
  x.output = out.get();
  x.descriptors = safe.data();
  x.count = safe.size();
  x.spec = &spec;
  x.parent = ::getpid();
  x.failed = &what;
  // No signal may reach the child before its handlers are gone.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = fork_into(x);
  auto problem = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0)
    return cannot_start(program, "there is no room for a process", problem);
  if (what.stage != nullptr) {
    reap(pid);
    if (spec.devices == device_nodes::sealed && what.problem == EPERM)
      return make_error(ec::unavailable,
                        "root without the capability CAP_SYS_ADMIN cannot run "
                        "commands in the sandbox; run the machine as an "
                        "ordinary user");
    return cannot_start(program, what.stage, what.problem);
  }
  ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  return child{pid, reading.release()};
}

} // namespace machine::agents

#include "actors/agents/sandbox/group.hpp"
#include "actors/agents/sandbox/watch.hpp"
#include "tests/actors/agents/sandbox/fixture.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

using namespace machine;
using namespace machine::agents;
using machine::test::sandbox_fixture;

TEST_CASE_METHOD(sandbox_fixture, "forking without end ends") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.processes = 64;
  auto mark = test::unique_mark();
  auto x = run("f() { sleep " + mark + " & f | f & }; f; sleep " + mark, how);
  CHECK(x.end == sandbox_end::process_limit);
  CHECK(x.note.find("sandbox.process_limit") != x.note.npos);
  CHECK(!test::lives(mark));
}

TEST_CASE_METHOD(sandbox_fixture, "threads count like processes") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.processes = 20;
  auto x = run("python3 -c 'import threading, time\n"
               "for i in range(200): "
               "threading.Thread(target=time.sleep, args=(9,)).start()'",
               how);
  CHECK(x.end == sandbox_end::process_limit);
  CHECK(run("for i in 1 2 3 4 5; do sleep 0.1 & done; wait", how).end
        == sandbox_end::exited);
}

TEST_CASE_METHOD(sandbox_fixture, "taking 8 GiB ends at the limit") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.memory_bytes = 256u << 20;
  auto x = run("python3 -c 'x = bytearray(8 << 30); "
               "[x.__setitem__(i, 1) for i in range(0, len(x), 4096)]'",
               how);
  CHECK(x.end == sandbox_end::memory_limit);
  CHECK(x.note.find("256 MiB") != x.note.npos);
}

TEST_CASE_METHOD(sandbox_fixture, "many processes share one limit on memory") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.memory_bytes = 256u << 20;
  // Threads start them, so that they are nobody's first children.
  auto x = run("for i in 1 2 3 4 5 6; do python3 -c 'import signal; "
               "x = bytearray(60 << 20); "
               "[x.__setitem__(i, 1) for i in range(0, len(x), 4096)]; "
               "signal.pause()' & done; wait",
               how);
  CHECK(x.end == sandbox_end::memory_limit);
}

TEST_CASE_METHOD(sandbox_fixture, "pages that processes share count once") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.memory_bytes = 256u << 20;
  // All of them work for as long as some looks take.
  auto x = run("python3 -c 'import os\n"
               "x = b\"x\" * (100 << 20)\n"
               "pids = [os.fork() for i in range(3)]\n"
               "for n in range(40): sum(x[::4096])'",
               how);
  CHECK(x.end == sandbox_end::exited);
  CHECK(x.exit_code == 0);
}

TEST_CASE_METHOD(sandbox_fixture, "files in /tmp count as memory") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.memory_bytes = 128u << 20;
  auto x = run("for i in 1 2 3 4 5 6; do head -c 60000000 /dev/zero > /tmp/$i; "
               "sleep 0.1; done",
               how);
  CHECK(x.end == sandbox_end::memory_limit);
}

TEST_CASE_METHOD(sandbox_fixture, "no memory is out of sight") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.memory_bytes = 128u << 20;
  auto x = run("python3 -c 'import os\n"
               "fd = os.memfd_create(\"x\")\n"
               "for i in range(400): os.write(fd, bytes(1 << 20))'",
               how);
  CHECK((x.end == sandbox_end::memory_limit || x.exit_code == 1));
  CHECK(x.exit_code != 0);
}

TEST_CASE_METHOD(sandbox_fixture, "memory that is shared counts, too") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.memory_bytes = 128u << 20;
  // The child maps it and does not look at it; its parent, who has filled it,
  // is gone.
  auto x =
    run("python3 -c 'import mmap, os, signal\n"
        "m = mmap.mmap(-1, 400 << 20)\n"
        "for i in range(400): m[i << 20:(i + 1) << 20] = bytes(1 << 20)\n"
        "if os.fork(): os._exit(0)\n"
        "signal.pause()'; tail -f /dev/null",
        how);
  CHECK(x.end == sandbox_end::memory_limit);
}

TEST_CASE_METHOD(sandbox_fixture, "memory that is shared counts once") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.memory_bytes = 256u << 20;
  auto x =
    run("python3 -c 'import mmap, os\n"
        "m = mmap.mmap(-1, 100 << 20)\n"
        "for i in range(100): m[i << 20:(i + 1) << 20] = bytes(1 << 20)\n"
        "pids = [os.fork() for i in range(3)]\n"
        "for n in range(100):\n"
        "  for i in range(0, len(m), 4096): m[i]'",
        how);
  CHECK(x.end == sandbox_end::exited);
  CHECK(x.exit_code == 0);
}

TEST_CASE_METHOD(sandbox_fixture, "the disk is not filled up") {
  // In a mount namespace of a process of its own, the worktree is a small disk.
  auto on_small_disk = [this](const std::string& script) {
    auto child = ::fork();
    if (child == 0) {
      if (::unshare(CLONE_NEWNS) != 0
          || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
          || ::mount("x", tree().c_str(), "tmpfs", 0, "size=64m") != 0)
        ::_exit(100);
      auto x = run_in_sandbox(command(script), {});
      ::_exit(!x                                     ? 101
              : x->end != sandbox_end::disk_limit    ? 102
              : x->note.find("disk") == x->note.npos ? 103
                                                     : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  auto ended = on_small_disk("head -c 66900000 /dev/zero > f; sleep 15");
  if (ended == 100)
    return;
  CHECK(ended == 0);
  CHECK(on_small_disk("head -c 50000000 /dev/zero > f; true") == 102);
}

TEST_CASE("a disk is full when a hundredth of it is left, or the reserve") {
  test::temporary_directory dir;
  struct statvfs about {};
  REQUIRE(::statvfs(dir.path().c_str(), &about) == 0);
  if (about.f_bavail > about.f_blocks / 50)
    CHECK(!is_disk_full(dir.path(), ~0ull));
  CHECK(!is_disk_full(dir.path(), 0));
  CHECK(!is_disk_full(dir / "missing", ~0ull));
}

TEST_CASE_METHOD(sandbox_fixture, "a file cannot grow beyond its bound") {
  limits.file_bytes = 1u << 20;
  auto x = run("head -c 10000000 /dev/zero > big");
  CHECK(std::filesystem::file_size(tree() + "/big") == (1u << 20));
  CHECK(x.exit_code != 0);
  CHECK(x.note.find("1 MiB") != x.note.npos);
}

TEST_CASE_METHOD(sandbox_fixture, "time has a limit") {
  auto how = GENERATE(accounting::best, accounting::looking);
  limits.time = duration{200};
  auto mark = test::unique_mark();
  auto x = run("sleep " + mark, how);
  CHECK(x.end == sandbox_end::time_limit);
  CHECK(x.elapsed >= duration{200});
  CHECK(x.elapsed < duration{5'000});
  CHECK(x.note.find("sandbox.time_limit") != x.note.npos);
  CHECK(!test::lives(mark));
}

TEST_CASE_METHOD(sandbox_fixture, "a signal is told from an exit code") {
  CHECK(run("kill -SEGV $$").end == sandbox_end::signalled);
  CHECK(run("kill -SEGV $$").exit_code == 128 + SIGSEGV);
  CHECK(run("exit 255").end == sandbox_end::exited);
}

TEST_CASE_METHOD(sandbox_fixture, "an ordinary user has the same sandbox") {
  if (::geteuid() != 0)
    return;
  std::filesystem::permissions(dir.path(), std::filesystem::perms::all);
  REQUIRE(::chown(tree().c_str(), 65'534, 65'534) == 0);
  limits.processes = 64;
  limits.memory_bytes = 256u << 20;
  auto as_nobody = [](const sandbox_command& what) {
    auto child = ::fork();
    if (child == 0) {
      if (::setgid(65'534) != 0 || ::setuid(65'534) != 0)
        ::_exit(100);
      auto x = run_in_sandbox(what, {});
      ::_exit(!x                                     ? 101
              : x->end == sandbox_end::memory_limit  ? 102
              : x->end == sandbox_end::process_limit ? 103
                                                     : x->exit_code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  CHECK(as_nobody(command("echo x > made && test $(id -u) = 1000 && exit 7"))
        == 7);
  CHECK(as_nobody(command("chmod 666 /dev/null || exit 8")) == 8);
  CHECK(as_nobody(command("python3 -c 'x = bytearray(8 << 30); "
                          "[x.__setitem__(i, 1) "
                          "for i in range(0, len(x), 4096)]'"))
        == 102);
  CHECK(as_nobody(command("f() { f | f & }; f; sleep 1000")) == 103);
}

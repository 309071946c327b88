#include "tests/actors/agents/sandbox/fixture.hpp"
#include "tests/support/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace machine;
using namespace machine::agents;
using machine::test::sandbox_fixture;
using test::has;

TEST_CASE_METHOD(sandbox_fixture, "a command runs in the worktree") {
  auto x = run("echo hello; pwd; echo oops >&2; echo data > made; exit 3");
  CHECK(x.end == sandbox_end::exited);
  CHECK(x.exit_code == 3);
  CHECK(x.output == "hello\n" + tree() + "\noops\n");
  CHECK(std::filesystem::exists(tree() + "/made"));
  CHECK(check_sandbox());
}

TEST_CASE_METHOD(sandbox_fixture, "nothing of the user's is there to be read") {
  auto home = dir / "home";
  std::filesystem::create_directories(home + "/.ssh");
  auto key = home + "/.ssh/id_rsa";
  std::ofstream{key} << "TOPSECRET";
  ::setenv("TOKEN_OF_OURS", "TOPSECRET", 1);
  auto x = run("cat " + key
               + " ~/.ssh/* /root/.ssh/* /etc/shadow; cat /proc/1/environ; "
                 "ls /home /root; env; cat /proc/*/environ | tr '\\0' '\\n'");
  ::unsetenv("TOKEN_OF_OURS");
  CHECK(!has(x.output, "TOPSECRET"));
  CHECK(!has(x.output, "root:"));
  CHECK(has(run("cat ~/.ssh/id_rsa").note, "Home directories are not there"));
}

TEST_CASE_METHOD(sandbox_fixture,
                 "nothing outside of the worktree is written") {
  auto outside = dir / "outside";
  std::ofstream{outside} << "before";
  std::filesystem::create_symlink(outside, tree() + "/link");
  std::filesystem::create_directory_symlink(dir.path(), tree() + "/up");
  auto x = run("echo x > link; echo x > up/new; echo x > " + outside
               + "; echo x > /usr/bin/new; echo x > ../new; "
                 "echo x > /etc/passwd; echo x > /new; mkdir /dev/new; true");
  std::ifstream in{outside};
  std::string text;
  in >> text;
  CHECK(text == "before");
  CHECK(!std::filesystem::exists(dir / "new"));
  CHECK(!std::filesystem::exists("/usr/bin/new"));
  auto y = run("echo x > /usr/bin/new");
  CHECK(y.exit_code != 0);
  CHECK(has(y.note, "only the worktree"));
  CHECK(run("echo x > /new").exit_code != 0);
  CHECK(run("mkdir /dev/new").exit_code != 0);
}

TEST_CASE_METHOD(sandbox_fixture, "a link that leads out is explained") {
  std::filesystem::create_directory(dir / "secrets");
  std::ofstream{dir / "secrets/key"} << "TOPSECRET";
  std::filesystem::create_directory(tree() + "/d");
  std::filesystem::create_directory_symlink(dir / "secrets",
                                            tree() + "/d/away");
  std::filesystem::create_symlink("d/missing", tree() + "/inner");
  auto note = [this](const std::string& script) {
    auto x = run(script);
    CHECK(!has(x.output, "TOPSECRET"));
    return x.note;
  };
  constexpr auto away = "What links of the worktree lead to outside";
  CHECK(has(note("cat d/away/key"), away));
  CHECK(has(note("echo x > ./d/away/new"), away));
  CHECK(has(note("python3 -c 'open(\"d/away/key\")'"), away));
  CHECK(!has(note("cat inner"), away));
  CHECK(!has(note("cat d/missing /missing"), away));
  CHECK(!has(note("cat d/away/key; true"), away));
}

TEST_CASE_METHOD(sandbox_fixture, "further directories are shown, read-only") {
  std::filesystem::create_directory(dir / "shown");
  std::ofstream{dir / "shown/file"} << "content\n";
  auto x = command("cat " + (dir / "shown/file") + "; echo x > "
                   + (dir / "shown/file"));
  x.read_only = {dir / "shown", dir / "missing"};
  auto result = run_in_sandbox(x, {});
  REQUIRE(result);
  CHECK(result->output.starts_with("content\n"));
  CHECK(has(result->output, "Read-only file system"));
}

TEST_CASE_METHOD(sandbox_fixture,
                 "the settings of the kernel stay as they are") {
  for (auto path : {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/swappiness",
                    "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity",
                    "/proc/1/mem", "/proc/1/oom_score_adj"}) {
    INFO(path);
    auto x = run(std::string{"python3 -c 'import os; os.open(\""} + path
                 + "\", os.O_WRONLY)'");
    CHECK(x.exit_code != 0);
  }
  CHECK(run("cat /proc/kmsg /proc/kcore /proc/slabinfo").exit_code != 0);
}

TEST_CASE_METHOD(sandbox_fixture, "devices work and cannot be changed") {
  auto x = run("echo x > /dev/null && head -c 4 /dev/zero | wc -c; "
               "head -c 8 /dev/urandom | wc -c");
  CHECK(x.output == "4\n8\n");
  struct stat before {};
  REQUIRE(::stat("/dev/null", &before) == 0);
  // The mode that it has anyway, in case it works.
  CHECK(run("chmod 666 /dev/null").exit_code != 0);
  CHECK(run("touch /dev/null").exit_code != 0);
  struct stat after {};
  REQUIRE(::stat("/dev/null", &after) == 0);
  CHECK(before.st_ctim.tv_sec == after.st_ctim.tv_sec);
}

TEST_CASE_METHOD(sandbox_fixture, "a server on this machine is out of reach") {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address)
          == 0);
  REQUIRE(::listen(fd, 1) == 0);
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  auto port = std::to_string(ntohs(address.sin_port));
  auto connect = [](const std::string& host, const std::string& to) {
    return "python3 -c 'import socket; socket.create_connection((\"" + host
         + "\", " + to + "), 2)'";
  };
  auto x = run(connect("127.0.0.1", port));
  ::close(fd);
  CHECK(x.exit_code != 0);
  CHECK(has(x.output, "refused"));
  auto y = run(connect("192.0.2.1", "80"));
  CHECK(y.exit_code != 0);
  CHECK(has(y.note, "no network"));
}

TEST_CASE_METHOD(sandbox_fixture, "unix sockets lead to nobody outside") {
  auto listen = [](const sockaddr_un& address, socklen_t size) {
    auto fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd, 1) == 0);
    return fd;
  };
  auto name = "themachine-test-" + std::to_string(::getpid());
  sockaddr_un abstract{};
  abstract.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), abstract.sun_path + 1);
  auto first =
    listen(abstract, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1
                                            + name.size()));
  auto path = dir / "socket";
  sockaddr_un named{};
  named.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), named.sun_path);
  auto second = listen(named, sizeof named);
  auto connect = [](const std::string& to) {
    return "python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); "
           "s.connect(\""
         + to + "\")'";
  };
  for (auto& to : {"\\0" + name, path}) {
    INFO(to);
    auto x = run(connect(to));
    CHECK(x.exit_code == 1);
    CHECK((has(x.output, "refused") || has(x.output, "No such file")));
  }
  for (auto fd : {first, second}) {
    CHECK(::accept(fd, nullptr, nullptr) < 0);
    CHECK(errno == EAGAIN);
    ::close(fd);
  }
}

TEST_CASE_METHOD(sandbox_fixture, "no hard link leads out") {
  auto outside = dir / "outside";
  std::ofstream{outside} << "before";
  auto x = run("ln " + outside
               + " here; ln /etc/passwd here; "
                 "ln /usr/bin/env here; ln made /usr/made; ls here");
  CHECK(x.exit_code != 0);
  CHECK(!std::filesystem::exists(tree() + "/here"));
  CHECK(std::filesystem::hard_link_count(outside) == 1);
}

TEST_CASE_METHOD(sandbox_fixture, "no file gets its owner's rights") {
  // To a machine that root runs, the owner is root.
  auto x =
    run("cp /bin/true f; mkdir d; chmod 755 f d && echo plain\n"
        "for mode in 4755 2755 6755 u+s g+s; do\n"
        "  chmod $mode f && echo $mode; chmod $mode d && echo $mode\n"
        "done\n"
        "python3 - <<'END'\n"
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "def test(what, *arguments):\n"
        "    try: what(*arguments); print(what, arguments)\n"
        "    except OSError: pass\n"
        "for bit in (0o4000, 0o2000):\n"
        "    test(os.open, 'a', os.O_CREAT | os.O_WRONLY, 0o755 | bit)\n"
        "    test(os.open, '.', os.O_TMPFILE | os.O_WRONLY, 0o755 | bit)\n"
        "    test(os.mkdir, 'b', 0o755 | bit)\n"
        "    test(os.mknod, 'c', 0o755 | bit)\n"
        "    test(os.chmod, os.open('f', os.O_RDONLY), 0o755 | bit)\n"
        "    # fchmodat2\n"
        "    if libc.syscall(452, -100, b'f', 0o755 | bit, 0) == 0:\n"
        "        print('fchmodat2')\n"
        "END\n");
  CHECK(x.output.starts_with("plain\n"));
  CHECK(!has(x.output, "built-in function"));
  CHECK(!has(x.output, "\n4755\n"));
  CHECK(!has(x.output, "\ng+s\n"));
  CHECK(!has(x.output, "\nfchmodat2\n"));
  for (auto& entry : std::filesystem::directory_iterator{tree()}) {
    INFO(entry.path());
    using std::filesystem::perms;
    CHECK((entry.status().permissions() & (perms::set_uid | perms::set_gid))
          == perms::none);
  }
}

TEST_CASE_METHOD(sandbox_fixture, "a test's own server can be reached") {
  auto x = run("python3 -c 'import socket; s = socket.create_server("
               "(\"127.0.0.1\", 0)); "
               "socket.create_connection((\"localhost\", "
               "s.getsockname()[1]), 2); print(\"up\")'");
  CHECK(x.output == "up\n");
}

TEST_CASE_METHOD(sandbox_fixture, "privileges cannot be had") {
  auto x = run("grep -E 'Cap(Eff|Bnd)|NoNewPrivs|Seccomp:' /proc/self/status; "
               "id -u");
  CHECK(has(x.output, "CapEff:\t0000000000000000"));
  CHECK(has(x.output, "CapBnd:\t0000000000000000"));
  CHECK(has(x.output, "NoNewPrivs:\t1"));
  CHECK(has(x.output, "Seccomp:\t2"));
  CHECK(has(x.output, "\n1000\n"));
  for (auto script :
       {"mount -t tmpfs x /tmp", "umount /tmp", "unshare -U true",
        "unshare -Ur true", "unshare -m true", "nsenter -t 1 -n true",
        "chroot / true", "setarch -R -X true", "mknod node c 1 3",
        "python3 -c 'import os; os.setuid(0)'",
        "python3 -c 'import socket; socket.socket(16, 3)'",
        "python3 -c 'import socket; socket.socket(17, 3)'",
        ("python3 -c 'import fcntl, os; m, s = os.openpty(); "
         "fcntl.ioctl(s, 0x5412, b\"x\")'"),
        // ptrace(PTRACE_SEIZE, 1): the first process.
        ("python3 -c 'import ctypes, sys; l = ctypes.CDLL(None); "
         "sys.exit(l.ptrace(0x4206, 1, 0, 0) != 0)'"),
        // add_key
        ("python3 -c 'import ctypes, sys; l = ctypes.CDLL(None); "
         "sys.exit(l.syscall(248, b\"user\", b\"k\", b\"v\", 1, -3) < 0)'")}) {
    INFO(script);
    auto y = run(script);
    CHECK(y.exit_code != 0);
    CHECK(y.exit_code != 127);
  }
}

TEST_CASE_METHOD(sandbox_fixture, "debuggers work on a test's own processes") {
  // PTRACE_SEIZE of a child, and the personality that they ask for.
  auto x = run("python3 -c 'import ctypes, os, signal\n"
               "l = ctypes.CDLL(None)\n"
               "pid = os.fork()\n"
               "if pid == 0: signal.pause()\n"
               "print(l.ptrace(0x4206, pid, 0, 0))\n"
               "print(l.personality(0xffffffff), l.personality(0x40000))'");
  CHECK(x.output == "0\n0 0\n");
  CHECK(run("setarch -R true").exit_code == 0);
}

TEST_CASE_METHOD(sandbox_fixture, "what makes a worktree one stays as it is") {
  std::ofstream{tree() + "/.git"} << "gitdir: /nowhere\n";
  CHECK(run("echo x > .git").exit_code != 0);
  CHECK(run("rm -f .git").exit_code != 0);
  CHECK(run("mv .git away").exit_code != 0);
  std::filesystem::remove(tree() + "/.git");
  std::filesystem::create_directory(dir / "secrets");
  std::filesystem::create_directory_symlink(dir / "secrets", tree() + "/.git");
  auto x = run_in_sandbox(command("ls .git"), {});
  REQUIRE(!x);
  CHECK(code_of(x.error()) == ec::denied);
}

TEST_CASE_METHOD(sandbox_fixture, "bad commands are refused or explained") {
  auto refused = [](const sandbox_command& x) {
    auto result = run_in_sandbox(x, {});
    return !result && code_of(result.error()) == ec::invalid_argument;
  };
  auto x = command("true");
  x.argv = {};
  CHECK(refused(x));
  x.argv = {""};
  CHECK(refused(x));
  x.argv = {"/bin/echo", std::string{"a\0b", 3}};
  CHECK(refused(x));
  x.argv.assign(10'000, "word");
  CHECK(refused(x));
  x.argv = {"/bin/echo", std::string(200'000, 'x')};
  CHECK(refused(x));
  x = command("true");
  x.environment = {{"A=B", "c"}};
  CHECK(refused(x));
  for (auto tree : {"/no/such/tree", "/", "/usr", "/usr/lib", "/etc/ssl",
                    "/tmp", "tree", "/tmp/../etc", ""}) {
    INFO(tree);
    x = command("true");
    x.worktree = tree;
    CHECK(refused(x));
  }
  x = command("true");
  x.argv = {"/no/such/program"};
  auto y = run_in_sandbox(x, {});
  REQUIRE(y);
  CHECK(y->exit_code == 127);
  CHECK(has(y->note, "There is no program /no/such/program"));
  // What bubblewrap would say does not make it so.
  auto z = run_in_sandbox(command("echo 'bwrap: no'; exit 1"), {});
  REQUIRE(z);
  CHECK(z->exit_code == 1);
}

TEST_CASE_METHOD(sandbox_fixture, "paths may have spaces and any letters") {
  auto strange = dir / "a b\xC3\xA9 'c\"";
  std::filesystem::create_directory(strange);
  auto x = command("pwd; echo $VALUE; : > made");
  x.worktree = strange;
  x.environment = {{"VALUE", "one two"}};
  auto result = run_in_sandbox(x, {});
  REQUIRE(result);
  CHECK(result->output == strange + "\none two\n");
  CHECK(std::filesystem::exists(strange + "/made"));
}

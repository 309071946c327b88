#include "actors/agents/sandbox/group.hpp"
#include "tests/actors/agents/sandbox/fixture.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

using namespace machine;
using namespace machine::agents;
using machine::test::lives;
using machine::test::sandbox_fixture;
using machine::test::unique_mark;

namespace {

/// Whether there is a control group whose name begins with *prefix*.
bool group_exists(const std::string& prefix) {
  namespace fs = std::filesystem;
  std::error_code code;
  fs::recursive_directory_iterator at{
    "/sys/fs/cgroup", fs::directory_options::skip_permission_denied, code};
  for (; at != fs::recursive_directory_iterator{}; at.increment(code))
    if (at->path().filename().string().starts_with(prefix))
      return true;
  return false;
}

} // namespace

TEST_CASE_METHOD(sandbox_fixture, "a cancelled command leaves no process") {
  auto how = GENERATE(accounting::best, accounting::looking);
  auto mark = unique_mark();
  std::stop_source stop;
  auto began = std::chrono::steady_clock::now();
  auto result = execute(
    command("trap '' TERM HUP INT; echo up; sleep " + mark + " & setsid sleep "
            + mark + " & wait"),
    stop.get_token(), [&](std::string_view) { stop.request_stop(); }, how);
  REQUIRE(result);
  CHECK(result->end == sandbox_end::cancelled);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{2});
  CHECK(!lives(mark));
}

TEST_CASE_METHOD(sandbox_fixture, "cancelling works at any moment") {
  auto mark = unique_mark();
  for (int i = 0; i < 20; ++i) {
    std::stop_source stop;
    std::thread other{[&stop, i] {
      for (int spin = 0; spin < i * 20; ++spin)
        std::this_thread::yield();
      stop.request_stop();
    }};
    auto result = run_in_sandbox(command("sleep " + mark), stop.get_token());
    other.join();
    if (result)
      CHECK(result->end == sandbox_end::cancelled);
    else
      CHECK(code_of(result.error()) == ec::cancelled);
    CHECK(!lives(mark));
  }
}

TEST_CASE_METHOD(sandbox_fixture, "what a command leaves behind ends, too") {
  auto how = GENERATE(accounting::best, accounting::looking);
  auto mark = unique_mark();
  auto x = run("(setsid sleep " + mark
                 + " >/dev/null 2>&1 &) ; "
                   "(setsid sleep "
                 + mark + " &) ; echo done",
               how);
  CHECK(x.output == "done\n");
  CHECK(x.exit_code == 0);
  CHECK(!lives(mark));
}

TEST_CASE_METHOD(sandbox_fixture, "commands die with the machine") {
  auto how = GENERATE(accounting::best, accounting::looking);
  auto mark = unique_mark();
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  auto machine = ::fork();
  if (machine == 0) {
    static_cast<void>(execute(
      command("echo up; setsid sleep " + mark + " & sleep " + mark), {},
      [&](std::string_view) { static_cast<void>(!::write(pipe[1], "x", 1)); },
      how));
    ::_exit(0);
  }
  char up = 0;
  REQUIRE(::read(pipe[0], &up, 1) == 1);
  CHECK(lives(mark));
  if (how == accounting::best && control_group::make(64u << 20, 10))
    CHECK(group_exists("themachine-" + std::to_string(machine) + "-"));
  ::kill(machine, SIGKILL);
  ::waitpid(machine, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  // The kernel ends them in its own time, which is short.
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (lives(mark) && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  CHECK(!lives(mark));
  if (how == accounting::looking)
    return;
  // Later commands clear away what the other machine could not.
  auto group = "themachine-" + std::to_string(machine) + "-";
  for (int i = 0; i < 50 && group_exists(group); ++i)
    CHECK(run("true").exit_code == 0);
  CHECK(!group_exists(group));
}

TEST_CASE_METHOD(sandbox_fixture, "the dead are buried") {
  limits.processes = 40;
  // Orphans that nobody waits for: the first process has to.
  auto x = run("for i in $(seq 200); do (sh -c 'true &'); done; sleep 0.1; "
               "cat /proc/[0-9]*/stat | grep -c ') Z '; true");
  CHECK(x.end == sandbox_end::exited);
  CHECK(x.output == "0\n");
}

TEST_CASE_METHOD(sandbox_fixture, "eight commands at once do not mix") {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      auto x = run_in_sandbox(command("echo " + std::to_string(i)), {});
      right += x && x->output == std::to_string(i) + "\n" ? 1 : 0;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(right == 8);
}

TEST_CASE_METHOD(sandbox_fixture, "no descriptor of ours is there") {
  auto secret = ::open("/etc/passwd", O_RDONLY);
  auto x = run("ls /proc/self/fd | wc -l; ls -l /proc/self/fd");
  ::close(secret);
  CHECK(x.output.find("/etc/passwd") == x.output.npos);
  CHECK(x.output.starts_with("4\n"));
}

TEST_CASE_METHOD(sandbox_fixture, "no descriptor is left here") {
  auto count = [] {
    auto all = std::filesystem::directory_iterator{"/proc/self/fd"};
    return std::distance(begin(all), end(all));
  };
  run("true");
  auto before = count();
  for (int i = 0; i < 5; ++i)
    run("echo x; exit 1");
  CHECK(count() == before);
}

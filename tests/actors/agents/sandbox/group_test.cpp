#include "actors/agents/sandbox/group.hpp"

#include "tests/actors/agents/sandbox/fixture.hpp"

#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace machine;
using namespace machine::agents;

TEST_CASE("groups are found where they are mounted") {
  auto two = find_group_places(
    "30 20 0:25 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
    "0::/user.slice/app.slice/x.scope\n");
  REQUIRE(two);
  CHECK(two->unified());
  CHECK(two->top == "/sys/fs/cgroup");
  CHECK(two->memory == "/sys/fs/cgroup/user.slice/app.slice/x.scope");
  auto one = find_group_places(
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup "
    "rw,memory\n"
    "39 31 0:36 /box /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
    "8:pids:/box/inner\n4:memory:/\n0::/\n");
  REQUIRE(one);
  CHECK(!one->unified());
  CHECK(one->memory == "/sys/fs/cgroup/memory");
  CHECK(one->processes == "/sys/fs/cgroup/pids/inner");
  CHECK(!find_group_places("", ""));
  CHECK(!find_group_places("30 20 0:25 / /c rw - cgroup2 cgroup2 rw\n", ":"));
  // A group outside of what this container sees.
  CHECK(!find_group_places("30 20 0:25 / /c rw - cgroup2 cgroup2 rw\n",
                           "0::/../other\n"));
  CHECK(!find_group_places("30 - - - -\n- - - -\n", "0::/\nx\n::\n"));
}

namespace {

/// Where groups are made here; none if they cannot be.
std::optional<group_places> places_here() {
  if (!control_group::make(64u << 20, 10))
    return std::nullopt;
  std::ifstream mounts{"/proc/self/mountinfo"};
  std::ifstream groups{"/proc/self/cgroup"};
  std::string a{std::istreambuf_iterator<char>{mounts}, {}};
  std::string b{std::istreambuf_iterator<char>{groups}, {}};
  return find_group_places(a, b);
}

} // namespace

TEST_CASE("a group stays as long as its maker holds it") {
  auto places = places_here();
  // Where groups are handed on, they may be made further up.
  if (!places || places->unified())
    return;
  // No process has this number, as it seems from another pid namespace.
  auto path =
    places->memory + "/themachine-999999999-" + std::to_string(::getpid());
  REQUIRE(::mkdir(path.c_str(), 0755) == 0);
  auto maker = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(::flock(maker, LOCK_EX) == 0);
  CHECK(control_group::make(64u << 20, 10));
  CHECK(std::filesystem::exists(path));
  ::close(maker);
  CHECK(control_group::make(64u << 20, 10));
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("what is left in a group ends with it") {
  auto group = control_group::make(64u << 20, 10);
  if (!group)
    return;
  auto left = ::fork();
  if (left == 0) {
    for (auto entrance : group->entrances())
      if (::write(entrance, "0", 1) != 1)
        ::_exit(1);
    ::raise(SIGSTOP);
    ::_exit(2);
  }
  int status = 0;
  REQUIRE(::waitpid(left, &status, WUNTRACED) == left);
  REQUIRE(WIFSTOPPED(status));
  // Not reaped, it would keep its group.
  ::signal(SIGCHLD, SIG_IGN);
  group.reset();
  ::signal(SIGCHLD, SIG_DFL);
  CHECK(::kill(left, 0) != 0);
}

TEST_CASE("a group is gone with its command") {
  auto found = places_here();
  auto group = control_group::make(64u << 20, 10);
  if (!group)
    return;
  REQUIRE(found);
  auto name = "themachine-" + std::to_string(::getpid()) + "-0";
  CHECK(!group->entrances().empty());
  CHECK(!group->out_of_memory());
  CHECK(!group->out_of_processes());
  CHECK(group->empty_out(std::chrono::milliseconds{1'000}));
  group.reset();
  CHECK(!std::filesystem::exists(found->memory + "/" + name));
  CHECK(!std::filesystem::exists(found->processes + "/" + name));
}

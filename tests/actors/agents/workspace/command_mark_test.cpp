#include "actors/agents/workspace/command_mark.hpp"
#include "tests/actors/agents/workspace/fixture.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace machine;
using namespace machine::agents;

namespace {

namespace fs = std::filesystem;

/// A worktree with something that was built, and a source.
struct built : test::workspace_fixture {
  workspace where = open();

  built() {
    fs::create_directory(where.directory + "/out");
    put(where.directory, ".gitignore", "/out/\n");
    put(where.directory, "out/whole", "1");
    put(where.directory, "source", "1");
  }

  bool is_old(const std::string& name) const {
    struct stat found {};
    REQUIRE(::stat((where.directory + "/" + name).c_str(), &found) == 0);
    return found.st_mtim.tv_sec < 1'000'000'000;
  }

  command_mark mark() const {
    auto result = command_mark::set(*find_worktree(where));
    if (!result)
      FAIL(render(result.error()));
    return std::move(*result);
  }

  /// Times of files are those of the last tick of the system's clock.
  void let_time_pass() const {
    put(where.directory, "tick", "1");
    auto before = fs::last_write_time(where.directory + "/tick");
    do
      put(where.directory, "tick", "1");
    while (fs::last_write_time(where.directory + "/tick") == before);
  }

  size_t marks() const {
    fs::directory_iterator all{repository
                               + "/.git/worktrees/r-1/themachine-commands"};
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
};

} // namespace

TEST_CASE_METHOD(built, "what a killed command wrote is made again") {
  let_time_pass();
  {
    auto killed = mark();
    put(where.directory, "out/half", "1");
    fs::create_directory(where.directory + "/.themachine");
    put(where.directory, ".themachine/half", "1");
    put(where.directory, "source", "2");
    put(where.directory, "another", "1");
    fs::create_symlink("../another", where.directory + "/out/alias");
    CHECK(marks() == 1);
  }
  auto next = mark();
  CHECK(marks() == 1);
  CHECK(is_old("out/half"));
  CHECK(is_old(".themachine/half"));
  CHECK(!is_old("out/whole"));
  CHECK(!is_old("source"));
  CHECK(!is_old("another"));
  // Only once.
  put(where.directory, "out/half", "2");
  next.ended();
  CHECK(marks() == 0);
  auto last = mark();
  CHECK(!is_old("out/half"));
}

TEST_CASE_METHOD(built, "what a command wrote that came to its end is kept") {
  auto first = mark();
  put(where.directory, "out/more", "1");
  first.ended();
  auto next = mark();
  CHECK(!is_old("out/more"));
}

TEST_CASE_METHOD(built, "a command at work beside is not taken for killed") {
  auto first = mark();
  put(where.directory, "out/more", "1");
  auto beside = mark();
  CHECK(marks() == 2);
  CHECK(!is_old("out/more"));
  beside.ended();
  CHECK(marks() == 1);
}

TEST_CASE_METHOD(built, "what the first of several killed ones wrote counts") {
  {
    auto first = mark();
    put(where.directory, "out/early", "1");
    let_time_pass();
    auto second = mark();
    put(where.directory, "out/late", "1");
  }
  auto next = mark();
  CHECK(is_old("out/early"));
  CHECK(is_old("out/late"));
  CHECK(marks() == 1);
}

TEST_CASE_METHOD(built, "a command is known to be killed with its machine") {
  auto machine = ::fork();
  if (machine == 0) {
    auto lost = command_mark::set(*find_worktree(where));
    put(where.directory, "out/half", "1");
    ::_exit(lost ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(machine, &status, 0) == machine);
  REQUIRE(status == 0);
  CHECK(marks() == 1);
  auto next = mark();
  CHECK(is_old("out/half"));
}

TEST_CASE_METHOD(built, "neither sources nor what is elsewhere is made old") {
  put(parent, "outside", "1");
  fs::create_directory(parent + "/others");
  put(parent, "others/file", "1");
  {
    auto killed = mark();
    fs::create_symlink(parent + "/outside", where.directory + "/out/link");
    fs::create_symlink(parent + "/others", where.directory + "/out/others");
    fs::create_hard_link(where.directory + "/source",
                         where.directory + "/out/same");
  }
  auto next = mark();
  CHECK(!is_old("../outside"));
  CHECK(!is_old("../others/file"));
  CHECK(!is_old("source"));
}

TEST_CASE_METHOD(built, "a workspace is closed with the marks in it") {
  { auto killed = mark(); }
  CHECK(close_workspace(where));
  CHECK(!command_mark::set(*find_worktree(where)));
}

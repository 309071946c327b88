#include "tests/actors/agents/workspace/fixture.hpp"

#include <algorithm>

using namespace machine;
using namespace machine::agents;
using fixture = machine::test::workspace_fixture;

TEST_CASE_METHOD(fixture, "a run works beside the checkout, which stays") {
  put(repository, "a", "dirty\n");
  put(repository, "untracked", "x");
  auto before = git({"status", "--porcelain"});
  auto where = open();
  put(where.directory, "a", "2\n");
  put(where.directory, "b", "new\n");
  auto done = commit_checkpoint(where, "write#1", "write: it");
  REQUIRE(done);
  CHECK(done->files_changed == 2);
  CHECK(git({"status", "--porcelain"}) == before);
  CHECK(git({"show", "themachine/r-1:b"}) == "new\n");
  CHECK(git({"log", "-1", "--format=%s %(trailers:key=Step,valueonly)",
             "themachine/r-1"})
          .starts_with("write: it write#1"));
  auto diff = diff_workspace(where, 1u << 20);
  REQUIRE(diff);
  CHECK(diff->files_changed == 2);
  CHECK(diff->lines_added == 2);
  CHECK(diff->lines_removed == 1);
}

TEST_CASE_METHOD(fixture, "asking twice commits once") {
  auto where = open();
  put(where.directory, "b", "new\n");
  auto first = commit_checkpoint(where, "k", "s");
  auto second = commit_checkpoint(where, "k", "s");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->commit == second->commit);
  CHECK(second->files_changed == 0);
}

TEST_CASE_METHOD(fixture, "a workspace is found again after a crash") {
  auto where = open();
  put(where.directory, "b", "kept\n");
  // The user goes on meanwhile.
  put(repository, "a", "3\n");
  git({"commit", "--quiet", "--all", "--message", "second"});
  auto again = open();
  CHECK(again.base == where.base);
  CHECK(std::filesystem::exists(again.directory + "/b"));
  // The worktree is gone, the branch is there.
  REQUIRE(commit_checkpoint(again, "k", "s"));
  std::filesystem::remove_all(again.directory);
  auto third = open();
  CHECK(third.base == where.base);
  CHECK(std::filesystem::exists(third.directory + "/b"));
  // A git that was killed left its lock.
  std::ofstream left{repository + "/.git/worktrees/r-1/index.lock"};
  put(third.directory, "c", "x");
  CHECK(commit_checkpoint(third, "k", "s"));
}

TEST_CASE_METHOD(fixture, "a workspace opens where a git was killed") {
  for (std::string lock :
       {"refs/themachine-base/r-1.lock", "refs/heads/themachine/r-1.lock"}) {
    auto path = std::filesystem::path{repository + "/.git"} / lock;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << "";
  }
  auto where = open();
  CHECK(std::filesystem::exists(where.directory + "/a"));
  put(where.directory, "b", "new");
  CHECK(commit_checkpoint(where, "k", "s"));
}

TEST_CASE_METHOD(fixture, "a git killed for one run is in no other's way") {
  auto other = open("r-2");
  put(other.directory, "b", "not committed");
  std::ofstream{repository + "/.git/worktrees/r-2/commondir"} << "";
  CHECK(!agents::ask_git({repository, {}, {}}, {{"worktree", "list"}}));
  open();
  CHECK(git({"worktree", "list"}).find("r-2") != std::string::npos);
  CHECK(commit_checkpoint(open("r-2"), "k", "s")->files_changed == 1);
  // Those of others are not ours to mend.
  git({"worktree", "add", "--quiet", dir / "foreign"});
  std::ofstream{repository + "/.git/worktrees/foreign/commondir"} << "";
  CHECK(!open_workspace(repository, parent, "r-3"));
}

TEST_CASE_METHOD(fixture, "where a run began is forgotten, packed or not") {
  auto one = open("r-1");
  auto two = open("r-2");
  git({"pack-refs", "--all"});
  auto three = open("r-3");
  // Of somebody else, or left by a git that was killed: what is not packed
  // needs it not.
  std::ofstream{repository + "/.git/packed-refs.lock"} << "";
  CHECK(close_workspace(three));
  std::filesystem::remove(repository + "/.git/packed-refs.lock");
  CHECK(close_workspace(one));
  CHECK(git({"for-each-ref", "refs/themachine-base"}).find("r-2")
        != std::string::npos);
  CHECK(close_workspace(two));
  CHECK(git({"for-each-ref", "refs/themachine-base"}).empty());
}

TEST_CASE_METHOD(fixture, "what was not committed can be thrown away") {
  auto where = open();
  put(where.directory, "a", "broken");
  put(where.directory, "junk", "x");
  REQUIRE(restore_checkpoint(where));
  CHECK(!std::filesystem::exists(where.directory + "/junk"));
}

TEST_CASE_METHOD(fixture, "a closed workspace leaves the branch alone") {
  auto where = open();
  put(where.directory, "b", "new\n");
  REQUIRE(commit_checkpoint(where, "k", "s"));
  auto diff = diff_workspace(where, 1u << 20);
  REQUIRE(close_workspace(where));
  CHECK(!std::filesystem::exists(where.directory));
  CHECK(git({"worktree", "list"}).find("r-1") == std::string::npos);
  CHECK(git({"for-each-ref", "refs/themachine-base"}).empty());
  git({"checkout", "--quiet", "themachine/r-1"});
  CHECK(std::filesystem::exists(repository + "/b"));
  // Who asks again, after a crash, is told the same.
  auto last = commit_rest(where, "@publish", "unfinished");
  REQUIRE(last);
  CHECK(last->commit + "\n" == git({"rev-parse", "themachine/r-1"}));
  CHECK(last->files_changed == 0);
  auto again = diff_workspace(where, 1u << 20);
  REQUIRE(diff);
  REQUIRE(again);
  CHECK(again->patch == diff->patch);
  CHECK(again->lines_added == 1);
  CHECK(close_workspace(where));
}

TEST_CASE_METHOD(fixture, "what was half removed is not committed as such") {
  auto where = open();
  put(where.directory, "b", "new\n");
  REQUIRE(commit_checkpoint(where, "k", "s"));
  auto head = git({"rev-parse", "themachine/r-1"});
  auto records = repository + "/.git/worktrees/r-1";
  // A close that did not come to its end.
  std::filesystem::remove(records + "/HEAD");
  std::filesystem::remove(where.directory + "/a");
  auto last = commit_rest(where, "@publish", "unfinished");
  REQUIRE(last);
  CHECK(last->commit + "\n" == head);
  CHECK(close_workspace(where));
  CHECK(!std::filesystem::exists(records));
  CHECK(!std::filesystem::exists(where.directory));
}

TEST_CASE_METHOD(fixture, "the rest of the work is committed") {
  auto where = open();
  put(where.directory, "b", "new\n");
  auto last = commit_rest(where, "@publish", "unfinished");
  REQUIRE(last);
  CHECK(last->files_changed == 1);
  CHECK(git({"show", "themachine/r-1:b"}) == "new\n");
}

TEST_CASE_METHOD(fixture, "a repository's own configuration runs nothing") {
  auto witness = dir / "witness";
  auto script = dir / "evil";
  std::ofstream{script} << "#!/bin/sh\ntouch " << witness << "\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  for (auto key : {"core.fsmonitor", "core.sshCommand", "core.pager",
                   "diff.external", "core.editor"})
    git({"config", key, script});
  git({"config", "commit.gpgsign", "true"});
  git({"config", "gpg.program", script});
  std::filesystem::create_directories(repository + "/.git/hooks");
  for (auto hook : {"pre-commit", "post-checkout", "commit-msg"})
    std::filesystem::copy_file(script,
                               repository + "/.git/hooks/" + std::string{hook});
  auto where = open();
  put(where.directory, "b", "x");
  REQUIRE(commit_checkpoint(where, "k", "s"));
  REQUIRE(diff_workspace(where, 1u << 20));
  CHECK(!std::filesystem::exists(witness));
}

TEST_CASE_METHOD(fixture, "what builds leave is no part of the work") {
  auto where = open();
  std::filesystem::create_directories(where.directory + "/.themachine/build");
  put(where.directory, ".themachine/build/x", "x");
  auto done = commit_checkpoint(where, "k", "s");
  REQUIRE(done);
  CHECK(done->files_changed == 0);
}

TEST_CASE_METHOD(fixture, "a workspace begins at the newest of several "
                          "checkpoints, in whatever order they are told") {
  auto where = open();
  std::vector<std::string> all;
  for (auto name : {"a", "b", "c"}) {
    put(where.directory, name, name);
    auto made = commit_checkpoint(where, name, name);
    REQUIRE(made);
    all.push_back(made->commit);
  }
  auto newest = all.back();
  auto n = 0;
  do {
    auto other =
      open_workspace(repository, parent, "r-1" + std::to_string(++n), all);
    REQUIRE(other);
    CHECK(other->base == newest);
    CHECK(std::filesystem::exists(other->directory + "/c"));
  } while (std::next_permutation(all.begin(), all.end()));
  all.emplace_back("0123456789012345678901234567890123456789");
  auto gone = open_workspace(repository, parent, "r-2", all);
  REQUIRE(!gone);
  CHECK(message_of(gone.error()).find("any more") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "what is no repository is refused with advice") {
  auto message = [&](const std::string& where, const std::string& run = "r-9") {
    auto x = open_workspace(where, parent, run);
    REQUIRE(!x);
    CHECK(code_of(x.error()) == ec::invalid_argument);
    return message_of(x.error());
  };
  CHECK(message("/no/such").find("no directory") != std::string::npos);
  CHECK(message(dir.path()).find("git init") != std::string::npos);
  auto empty = dir / "empty";
  std::filesystem::create_directory(empty);
  REQUIRE(ask_git({empty, {}, {}}, {{"init", "--quiet"}}));
  CHECK(message(empty).find("no commit yet") != std::string::npos);
  CHECK(message(repository, "../x").find("no id") != std::string::npos);
}

#include "tests/actors/agents/workspace/fixture.hpp"

using namespace machine;
using namespace machine::agents;
namespace fs = std::filesystem;

namespace {

struct fixture : test::workspace_fixture {
  /// Commits and gives what the branch then has: `mode path`, a line each.
  std::string commit(const workspace& where, const std::string& key = "k") {
    auto done = commit_checkpoint(where, key, "s");
    if (!done)
      FAIL(render(done.error()));
    return git(
      {"ls-tree", "-r", "--format=%(objectmode) %(path)", where.branch});
  }

  std::string blob(const std::string& path) {
    return git({"cat-file", "blob", "themachine/r-1:" + path});
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a directory can become a link, and back") {
  auto where = open();
  fs::create_directory(where.directory + "/d");
  put(where.directory, "d/f", "1\n");
  put(where.directory, "d/g", "1\n");
  CHECK(commit(where) == "100644 a\n100644 d/f\n100644 d/g\n");
  fs::remove_all(where.directory + "/d");
  fs::create_symlink("a", where.directory + "/d");
  CHECK(commit(where) == "100644 a\n120000 d\n");
  CHECK(blob("d") == "a");
  fs::remove(where.directory + "/d");
  fs::create_directory(where.directory + "/d");
  put(where.directory, "d/f", "2\n");
  CHECK(commit(where) == "100644 a\n100644 d/f\n");
}

TEST_CASE_METHOD(fixture, "what is behind a link is not committed") {
  auto where = open();
  fs::create_directory(where.directory + "/d");
  put(where.directory, "d/f", "1\n");
  commit(where);
  fs::create_directory(dir / "other");
  put(dir.path(), "other/f", "TOPSECRET\n");
  put(dir.path(), "other/new", "TOPSECRET\n");
  fs::remove_all(where.directory + "/d");
  fs::create_directory_symlink(dir / "other", where.directory + "/d");
  CHECK(commit(where) == "100644 a\n120000 d\n");
}

TEST_CASE_METHOD(fixture, "a file can become a directory, and back") {
  auto where = open();
  fs::remove(where.directory + "/a");
  fs::create_directories(where.directory + "/a/b");
  put(where.directory, "a/b/c", "1\n");
  CHECK(commit(where) == "100644 a/b/c\n");
  fs::remove_all(where.directory + "/a");
  put(where.directory, "a", "2\n");
  CHECK(commit(where) == "100644 a\n");
}

TEST_CASE_METHOD(fixture, "any name and mode is committed") {
  auto where = open();
  for (auto name : {"new\nline", "\"quoted\"", "tab\tbed", "-dash", "a,b",
                    "caf\xE9", " space "})
    put(where.directory, name, "x");
  fs::permissions(where.directory + "/-dash", fs::perms::owner_all);
  fs::create_symlink("/no/such", where.directory + "/dangling");
  auto listed = commit(where);
  CHECK(std::count(listed.begin(), listed.end(), '\n') == 9);
  CHECK(listed.find("100755 -dash\n") != std::string::npos);
  CHECK(blob("dangling") == "/no/such");
}

TEST_CASE_METHOD(fixture, "text that git cannot convert goes in as it is") {
  auto where = open();
  put(where.directory, ".gitattributes",
      "*.txt text working-tree-encoding=UTF-16\n*.crlf text\n");
  // No byte order mark: to git, that is no UTF-16.
  put(where.directory, "f,1.txt", "abc");
  put(where.directory, "run.txt", "abc");
  fs::permissions(where.directory + "/run.txt", fs::perms::owner_all);
  put(where.directory, "g.crlf", "1\r\n");
  auto listed = commit(where);
  CHECK(listed.find("100644 f,1.txt\n") != std::string::npos);
  CHECK(listed.find("100755 run.txt\n") != std::string::npos);
  CHECK(blob("f,1.txt") == "abc");
  // All others are converted as they should be.
  CHECK(blob("g.crlf") == "1\n");
  auto head = git({"rev-parse", "themachine/r-1"});
  commit(where, "again");
  CHECK(git({"rev-parse", "themachine/r-1"}) == head);
  put(where.directory, "f,1.txt", "abcd");
  commit(where, "third");
  CHECK(blob("f,1.txt") == "abcd");
}

TEST_CASE_METHOD(fixture, "the ends of lines never keep work back") {
  git({"config", "core.autocrlf", "true"});
  git({"config", "core.safecrlf", "true"});
  auto where = open();
  put(where.directory, "mixed", "1\r\n2\n");
  put(where.directory, "lf", "1\n");
  CHECK(commit(where) == "100644 a\n100644 lf\n100644 mixed\n");
  CHECK(blob("mixed") == "1\n2\n");
}

TEST_CASE_METHOD(fixture, "a repository in the worktree stays out") {
  auto where = open();
  auto inner = where.directory + "/inner";
  fs::create_directory(inner);
  REQUIRE(ask_git({inner, {}, {}}, {{"init", "--quiet"}}));
  put(inner, "f", "x");
  auto witness = dir / "witness";
  put(inner, ".git/config",
      "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch " + witness
        + " #\n");
  put(where.directory, "b", "1\n");
  CHECK(commit(where) == "100644 a\n100644 b\n");
  CHECK(fs::exists(inner + "/f"));
  CHECK(!fs::exists(witness));
}

TEST_CASE_METHOD(fixture, "what stands in the place of .git is not asked") {
  auto where = open();
  auto link = where.directory + "/.git";
  auto witness = dir / "witness";
  fs::remove(link);
  SECTION("a directory") {
    fs::create_directories(link + "/hooks");
    put(link, "HEAD", "ref: refs/heads/evil\n");
    put(link, "config",
        "[core]\n\tfsmonitor = touch " + witness + " #\n\tworktree = /\n");
  }
  SECTION("a link") {
    fs::create_directory(dir / "evil");
    put(dir.path(), "evil/config", "[core]\n\tfsmonitor = touch " + witness);
    fs::create_directory_symlink(dir / "evil", link);
  }
  put(where.directory, "b", "1\n");
  CHECK(commit(where) == "100644 a\n100644 b\n");
  CHECK(!fs::exists(witness));
  // Found again, it is as it was, with the work in it.
  put(where.directory, "c", "1\n");
  auto again = open();
  CHECK(fs::is_regular_file(fs::symlink_status(link)));
  CHECK(commit(again) == "100644 a\n100644 b\n100644 c\n");
}

TEST_CASE_METHOD(fixture, "filters that somebody has configured do not run") {
  auto witness = dir / "witness";
  for (auto key :
       {"filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "diff.evil.textconv", "diff.evil.command", "merge.evil.driver"})
    git({"config", key, "touch " + witness + "; cat"});
  git({"config", "filter.evil.required", "true"});
  put(repository, ".gitattributes", "* filter=evil diff=evil merge=evil\n");
  git({"add", "--all"});
  git({"commit", "--quiet", "--message", "attributes"});
  // Ours do not run them; this test's own commands do not, either.
  auto where = open();
  put(where.directory, "a", "2\n");
  put(where.directory, "b", "1\n");
  CHECK(commit(where) == "100644 .gitattributes\n100644 a\n100644 b\n");
  REQUIRE(diff_workspace(where, 1u << 20));
  put(where.directory, "a", "3\n");
  REQUIRE(restore_checkpoint(where));
  CHECK(blob("a") == "2\n");
  CHECK(!fs::exists(witness));
  // Git as it is runs them, or this would show nothing. It fails then.
  auto shell = "cd '" + repository + "' && rm a && git checkout -- a";
  CHECK(std::system((shell + " >/dev/null 2>&1").c_str()) != -1);
  CHECK(fs::exists(witness));
}

#pragma once

#include "actors/agents/workspace/git.hpp"
#include "actors/agents/workspace/workspace.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace machine::test {

/// A repository with one commit, and worktrees of it.
struct workspace_fixture {
  temporary_directory dir;
  std::string repository = dir / "my répo";
  std::string parent = dir / "trees";

  workspace_fixture() {
    std::filesystem::create_directory(repository);
    git({"init", "--quiet", "--initial-branch=main"});
    put(repository, "a", "1\n");
    git({"add", "--all"});
    git({"commit", "--quiet", "--message", "first"});
  }

  std::string git(const std::vector<std::string>& words) {
    auto said = agents::ask_git({repository, {}, {}}, {words});
    if (!said)
      FAIL(render(said.error()));
    return *said;
  }

  static void put(const std::string& where, const std::string& path,
                  const std::string& content) {
    std::ofstream{where + "/" + path} << content;
  }

  agents::workspace open(const std::string& run = "r-1") {
    auto x = agents::open_workspace(repository, parent, run);
    if (!x)
      FAIL(render(x.error()));
    return *x;
  }
};

} // namespace machine::test

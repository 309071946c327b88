#include "actors/node/actors.hpp"
#include "tests/support/machine_under_test.hpp"

#include <catch2/catch.hpp>

/// Workflows of several blocks and runs on a whole node.

using namespace machine;
using namespace machine::orchestrator;

namespace {

constexpr const char* speaker = R"(
tokens_per_second: 100000
rules:
  - {when: {user: "Say it"}, say: hello}
)";

std::string end_of(const run_state& now) {
  return std::string{wire::to_name(now.result)} + " " + now.message;
}

constexpr const char* family = R"(
name: family
workflows:
  count:
    inputs: {word: {type: string}}
    steps:
      - {id: say, model: {prompt: "Say it", model: demo}}
      - {id: wait, needs: [say], wait: {signal: go, deadline: 1h}}
      - id: write
        needs: [wait]
        command: "echo ${{ .inputs.word }} >> words"
    output: .inputs.word + "!"
steps:
  - id: each
    foreach:
      items: '["a", "b"]'
      parallel: 2
      output: .steps.sub.output
      steps:
        - id: sub
          call:
            workflow: count
            inputs: {word: "${{ .item }}"}
            budget: 0.2
  - {id: read, needs: [each], tool: {name: read_file, arguments: {path: words}}}
output: "[.steps.each.output.results, .steps.read.output]"
)";

} // namespace

TEST_CASE("runs that a run calls do its work, and their cost is its own") {
  test::machine_under_test it{speaker};
  auto id = it.start(family);
  auto waits = [](const run_state& now) {
    for (auto& [name, x] : now.activations)
      if (name == "wait" && x.phase == activation_phase::waiting)
        return true;
    return false;
  };
  it.wait(id, [](auto& now) { return now.children == 2; });
  for (auto* child : {".1", ".2"})
    it.wait(id + child, waits);
  SECTION("in one go") {}
  SECTION("also if the machine stops in between") {
    it.restart();
  }
  for (auto* child : {".1", ".2"}) {
    signal_run go{"go", {}, "tester", "once"};
    REQUIRE(!it.tell(id + child, go));
    REQUIRE(!it.tell(id + child, go));
    it.wait_for_end(id + child);
  }
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end_of(end) == "done ");
  CHECK(end.output.text.starts_with(R"([["a!","b!"],)"));
  CHECK(end.output.text.find("a\\n") != std::string::npos);
  CHECK(end.output.text.find("b\\n") != std::string::npos);
  CHECK(end.spent > 0);
  auto project = it.project();
  CHECK(project.settled == end.spent);
  CHECK(project.leases.empty());
}

TEST_CASE("a run that is cancelled ends after the runs that it has called") {
  test::machine_under_test it{speaker};
  auto id = it.start(family);
  it.wait(id, [](auto& now) { return now.children == 2; });
  REQUIRE(!it.tell(id, cancel_run{"tester", "enough"}));
  auto end = it.wait_for_end(id);
  CHECK(end_of(end) == "cancelled enough");
  for (auto* child : {".1", ".2"})
    CHECK(it.state(id + child).phase == run_phase::ended);
  CHECK(it.project().leases.empty());
}

TEST_CASE("what was done is undone in the workspace") {
  test::machine_under_test it{speaker};
  auto id = it.start(R"(
name: undo
steps:
  - id: make
    command: echo x > made
    undo: [{id: unmake, command: rm made}]
  - {id: break, needs: [make], command: test ! -e made}
)");
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::failed);
  CHECK(end.activations.at("make[undo].unmake").phase
        == activation_phase::done);
  REQUIRE(end.published);
  CHECK(end.published->files_changed == 0);
}

TEST_CASE("a command that shows no sign of life is ended") {
  test::machine_under_test it{speaker};
  auto id = it.start("name: w\nsteps:\n  - {id: a, command: {argv: ['echo up; "
                     "sleep 1000'], heartbeat: 300ms}}\n");
  auto end = it.wait_for_end(id);
  CHECK(end.result == run_result::failed);
  CHECK(end.code == "timeout");
  CHECK(end.message.find("no sign of life for 300 ms") != std::string::npos);
}

TEST_CASE("a tool that fails fails its step, with what it said") {
  test::machine_under_test it{speaker};
  auto id = it.start("name: w\nsteps:\n  - {id: a, tool: {name: read_file, "
                     "arguments: {path: nowhere}}}\n");
  auto end = it.wait_for_end(id);
  CHECK(end.result == run_result::failed);
  CHECK(end.message.find("nowhere") != std::string::npos);
}

TEST_CASE("a fork works in a worktree of its own, from the last checkpoint") {
  test::machine_under_test it{speaker};
  auto id = it.start(R"(
name: fork
steps:
  - {id: one, command: echo one > one}
  - {id: two, needs: [one], command: test -e three || exit 3}
)");
  auto end = it.wait_for_end(id);
  REQUIRE(end.result == run_result::failed);
  auto log = it.events(id);
  uint64_t seq = 0;
  for (uint64_t i = 0; i < log.size(); ++i)
    if (auto* done = std::get_if<step_done>(&log[i]);
        done != nullptr && done->activation == "one")
      seq = i + 1;
  auto made = it.fork(id, seq);
  auto fork = it.wait_for_end(made);
  INFO(it.log(made));
  CHECK(fork.result == run_result::failed);
  CHECK(fork.activations.at("one").commit == end.activations.at("one").commit);
  REQUIRE(fork.published);
  CHECK(fork.published->files_changed == 1);
  CHECK(it.git("show themachine/" + made + ":one") == "one\n");
  // The origin is as it was.
  CHECK(it.events(id) == log);
}

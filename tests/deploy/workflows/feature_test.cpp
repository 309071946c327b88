#include "actors/agents/session/role.hpp"
#include "tests/deploy/workflows/player.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>

using namespace machine;
using test::has;
using test::performed;
using test::player;

namespace {

const std::string path = SOURCE_ROOT "/deploy/workflows/feature.yaml";

orchestrator::workflow feature() {
  auto roles = agents::built_in_roles();
  REQUIRE(roles);
  orchestrator::load_context context;
  for (auto& [name, role] : *roles)
    context.roles.insert(name);
  auto x = orchestrator::load_workflow_file(path, context);
  if (!x)
    FAIL(message_of(x.error()));
  return *x;
}

performed tests_say(const std::string& text, int exit_code) {
  return {R"({"exit_code":)" + std::to_string(exit_code) + R"(,"output":)"
            + wire::to_json(text) + R"(,"elapsed_ms":1})",
          exit_code == 0 ? "" : "step_failed"};
}

/// Plays a project whose tests fail *failures* times; *code* is how they fail.
player play(int failures, const std::string& inputs,
            const std::string& code = "step_failed") {
  return {feature(), inputs,
          [failures,
           code](const orchestrator::attempt_order& x) mutable -> performed {
            if (x.step == "index")
              return tests_say("src/a.cpp\n", 0);
            if (x.step == "plan")
              return {R"({"summary":"Add it.","files":["a","b"],)"
                      R"("steps":["one","two"],"tests":["edges"]})"};
            if (x.step == "write")
              return {R"({"summary":"It is added.","tests":"Edges."})"};
            if (x.step == "debug")
              return {R"({"cause":"a","fix":"mended"})"};
            if (failures-- <= 0)
              return tests_say("all is well", 0);
            if (code != "step_failed")
              return {"null", code};
            return tests_say("failure " + std::to_string(failures), 1);
          }};
}

std::string request_of(const player& from, const std::string& activation) {
  auto i = from.orders.find(activation);
  if (i == from.orders.end())
    FAIL("no order for " + activation);
  return i->second.request.text;
}

struct input_values {
  std::string test;

  static constexpr const char* wire_name = "inputs";

  static constexpr auto fields() {
    return wire::members(wire::field{"test", &input_values::test});
  }
};

/// Runs the default test command in *directory*.
int run_default_command(const std::string& directory) {
  auto filled =
    orchestrator::apply_defaults(feature().inputs, {R"({"what":"x"})"});
  REQUIRE(filled);
  auto inputs = wire::from_json<input_values>(filled->text);
  REQUIRE(inputs);
  std::ofstream{directory + "/.command"} << inputs->test;
  auto status =
    std::system(("cd " + directory + " && sh .command > .output 2>&1").c_str());
  return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("when the tests pass nothing is repaired and nobody is asked") {
  auto x = play(0, R"({"what":"Do it"})");
  CHECK(x.state.result == orchestrator::run_result::done);
  CHECK(x.history()
        == std::vector<std::string>{"index", "plan", "write", "test"});
  CHECK(
    x.state.output.text
    == R"({"summary":"It is added.","tests":"Edges.","repairs":0,"fix":null})");
}

TEST_CASE("what was asked for and planned reaches the coder") {
  auto x = play(0, R"({"what":"Do it \"well\""})");
  CHECK(has(request_of(x, "plan"), "src/a.cpp"));
  auto request = request_of(x, "write");
  CHECK(has(request, R"(Do it \"well\")"));
  CHECK(has(request, R"(1. one\n2. two)"));
  CHECK(has(request, R"(- edges)"));
  CHECK(has(request, "a, b"));
}

TEST_CASE("tests that fail are repaired with what they said last") {
  auto x = play(2, R"({"what":"Do it"})");
  CHECK(x.state.result == orchestrator::run_result::done);
  CHECK(x.history()
        == std::vector<std::string>{"index", "plan", "write", "test!",
                                    "remember", "repair", "repair[1].debug",
                                    "repair[1].retest!", "repair[1].learn",
                                    "repair[2].debug", "repair[2].retest"});
  CHECK(has(request_of(x, "repair[1].debug"), "failure 1"));
  CHECK(has(request_of(x, "repair[2].debug"), "failure 0"));
  CHECK(has(x.state.output.text, R"("repairs":2,"fix":"mended")"));
}

TEST_CASE("repairs have an end, and the failure says how it stands") {
  auto x = play(100, R"({"what":"Do it","max_repairs":2})");
  CHECK(x.state.result == orchestrator::run_result::failed);
  CHECK(has(x.state.message, "after 2 repairs"));
  CHECK(has(x.state.message, "failure 97"));
  CHECK(x.orders.contains("repair[2].debug"));
  CHECK(!x.orders.contains("repair[3].debug"));
}

TEST_CASE("without repairs the first failure is the last") {
  auto x = play(100, R"({"what":"Do it","max_repairs":0})");
  CHECK(x.state.result == orchestrator::run_result::failed);
  CHECK(has(x.state.message, "after 0 repairs"));
  CHECK(!x.orders.contains("repair[1].debug"));
}

TEST_CASE("what code cannot be the cause of is not repaired") {
  auto x = play(100, R"({"what":"Do it"})", "unavailable");
  CHECK(x.state.result == orchestrator::run_result::failed);
  CHECK(!x.orders.contains("repair[1].debug"));
  CHECK(has(x.state.message, "it says no"));
  auto y = play(1, R"({"what":"Do it"})", "timeout");
  CHECK(y.state.result == orchestrator::run_result::done);
  CHECK(has(request_of(y, "repair[1].debug"), "it says no"));
}

TEST_CASE("a person is asked if that was wanted, and may refuse") {
  auto x = play(0, R"({"what":"Do it","approve":true})");
  REQUIRE(x.state.interrupts.size() == 1);
  CHECK(has(x.state.interrupts.begin()->second.question, "It is added."));
  auto y = x;
  x.answer(R"({"approved":true})");
  CHECK(x.state.result == orchestrator::run_result::done);
  CHECK(x.state.phase == orchestrator::run_phase::ended);
  y.answer(R"({"approved":false,"comment":"too long"})");
  CHECK(y.state.result == orchestrator::run_result::failed);
  CHECK(has(y.state.message, "too long"));
}

TEST_CASE("a long failure is cut to its end") {
  auto x = player{
    feature(), R"({"what":"Do it"})",
    [n = 0](const orchestrator::attempt_order& order) mutable -> performed {
      if (order.step == "index")
        return tests_say(std::string(100'000, 'f'), 0);
      if (order.step == "plan")
        return {R"({"summary":"s","files":[],)"
                R"("steps":[],"tests":[]})"};
      if (order.kind == orchestrator::attempt_kind::agent)
        return {R"({"summary":"s","tests":"t","fix":"f"})"};
      return tests_say(std::string(200'000, 'x') + "THE END", n++ == 0 ? 1 : 0);
    }};
  CHECK(x.state.result == orchestrator::run_result::done);
  CHECK(request_of(x, "plan").size() < 40'000);
  CHECK(request_of(x, "repair[1].debug").size() < 40'000);
  CHECK(has(request_of(x, "repair[1].debug"), "THE END"));
}

TEST_CASE("the default command tests a CMake project") {
  test::temporary_directory dir;
  std::ofstream{dir / "CMakeLists.txt"}
    << "cmake_minimum_required(VERSION 3.20)\nproject(x NONE)\n"
       "enable_testing()\nadd_test(NAME a COMMAND ${CMAKE_COMMAND} -E cat "
       "${CMAKE_SOURCE_DIR}/wanted)\n";
  CHECK(run_default_command(dir.path()) != 0);
  std::ofstream{dir / "wanted"} << "x";
  CHECK(run_default_command(dir.path()) == 0);
  CHECK(!std::filesystem::exists(dir / "build"));
}

TEST_CASE("the default command tests a Python project") {
  auto inside = GENERATE(as<std::string>{}, ".", "tests");
  test::temporary_directory dir;
  std::filesystem::create_directories(dir / inside);
  std::ofstream{dir / "lib.py"} << "x = 1\n";
  auto write = [&](const std::string& wanted) {
    std::ofstream{dir / inside + "/test_lib.py"}
      << "import unittest, lib\nclass T(unittest.TestCase):\n"
         "  def test_x(self): self.assertEqual(lib.x, "
           + wanted + ")\n";
  };
  write("2");
  CHECK(run_default_command(dir.path()) != 0);
  write("1");
  CHECK(run_default_command(dir.path()) == 0);
  std::ofstream{dir / inside + "/test_lib.py"} << "import lib\n";
  CHECK(run_default_command(dir.path()) != 0);
}

TEST_CASE("the default command tests what has a Makefile") {
  test::temporary_directory dir;
  std::ofstream{dir / "Makefile"} << "all:\ntest:\n\ttest -f wanted\n";
  CHECK(run_default_command(dir.path()) != 0);
  std::ofstream{dir / "wanted"} << "x";
  CHECK(run_default_command(dir.path()) == 0);
}

TEST_CASE("the default command fails where it finds no tests") {
  test::temporary_directory dir;
  CHECK(run_default_command(dir.path()) == 1);
  std::ifstream in{dir / ".output"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  CHECK(has(text, "--input test="));
}

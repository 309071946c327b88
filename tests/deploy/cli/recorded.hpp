#pragma once

#include "deploy/cli/run_view.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace machine::test {

/// A workflow of four steps, the last of which is a block of two.
inline orchestrator::workflow small_workflow() {
  using namespace orchestrator;
  workflow result;
  result.name = "feature";
  auto add = [&](const char* id, const char* title, const char* parent) {
    step x;
    x.id = id;
    x.title = title;
    if (*parent != '\0')
      x.parent = parent;
    x.action = command_step{{"x"}, {}};
    result.steps.push_back(x);
  };
  add("plan", "Plan the change", "");
  add("write", "Write code and tests", "");
  add("test", "Run the project's tests", "");
  add("repair", "Repair what fails", "");
  add("debug", "Find the cause", "repair");
  add("retest", "Run the tests again", "repair");
  return result;
}

inline std::string quoted(const std::string& x) {
  return wire::to_json(x);
}

/// The *seconds*th second of the run.
inline std::string at(int seconds) {
  auto text = std::to_string(seconds);
  return "2026-11-24T10:00:" + (text.size() < 2 ? "0" + text : text) + "Z";
}

/// An event as the gateway tells it; *rest* are its fields.
inline std::string event(int seq, int second, const std::string& type,
                         const std::string& rest = {}) {
  return R"({"seq":")" + std::to_string(seq) + R"(","at":")" + at(second)
       + R"(","type":")" + type + "\"" + (rest.empty() ? "" : "," + rest) + "}";
}

inline std::string created() {
  return event(
    1, 0, "run_created",
    R"("workflow_name":"feature","workflow_hash":"h","workflow":)"
      + wire::to_json(small_workflow())
      + R"(,"inputs":{"what":"x"},"title":"Add human_size(bytes) to text",)"
        R"("project":"default","repository":"/src/text",)"
        R"("budget":"500000","principal":"local")");
}

/// A run up to the middle of its second step.
inline std::vector<std::string> half_a_run() {
  return {
    created(),
    event(2, 0, "budget_granted", R"("amount":"500000")"),
    event(
      3, 0, "attempt_started",
      R"("activation":"@prepare","kind":"prepare","attempt":1,"token":"1","request":null)"),
    event(
      4, 1, "workspace_opened",
      R"("directory":"/d","branch":"themachine/r-1","base":"0123456789abcdef")"),
    event(5, 1, "step_started",
          R"("activation":"plan","step":"plan","iteration":0)"),
    event(
      6, 1, "attempt_started",
      R"("activation":"plan","kind":"model","attempt":1,"token":"2","request":null)"),
    event(
      7, 1, "effect_intended",
      R"("effect":"plan/1","activation":"plan","token":"2","kind":"model","subject":"demo","detail":"the cheapest","idempotent":true,"lease":"1000")"),
    event(
      8, 2, "effect_done",
      R"("effect":"plan/1","token":"2","result":"b","detail":"A plan","cost":"130","usage":{"input":"1200","cached":"0","output":"300"})"),
    event(9, 2, "step_done", R"("activation":"plan","output":{"summary":"s"})"),
    event(10, 2, "step_started",
          R"("activation":"write","step":"write","iteration":0)"),
    event(
      11, 2, "attempt_started",
      R"("activation":"write","kind":"agent","attempt":1,"token":"3","request":null)"),
    event(
      12, 3, "effect_intended",
      R"("effect":"write/1","activation":"write","token":"3","kind":"model","subject":"demo","detail":"","idempotent":true,"lease":"1000")"),
    event(
      13, 4, "effect_done",
      R"("effect":"write/1","token":"3","result":"b","detail":"","cost":"200","usage":{"input":"2000","cached":"100","output":"400"})"),
    event(
      14, 4, "effect_intended",
      R"("effect":"write/2","activation":"write","token":"3","kind":"tool","subject":"write_file","detail":"src/human_size.cpp","idempotent":true,"lease":"0")"),
  };
}

/// The rest of it: the tests fail, one repair, done.
inline std::vector<std::string> other_half() {
  return {
    event(
      15, 5, "effect_done",
      R"("effect":"write/2","token":"3","result":"b","detail":"written","cost":"0")"),
    event(16, 6, "step_done",
          R"("activation":"write","output":{},"commit":"c1")"),
    event(17, 6, "step_started",
          R"("activation":"test","step":"test","iteration":0)"),
    event(
      18, 6, "attempt_started",
      R"("activation":"test","kind":"command","attempt":1,"token":"4","request":null)"),
    event(
      19, 8, "attempt_failed",
      R"("activation":"test","token":"4","code":"step_failed","message":"exit code 8")"),
    event(
      20, 8, "step_failed",
      R"("activation":"test","code":"step_failed","message":"exit code 8","output":{})"),
    event(21, 8, "step_started",
          R"("activation":"repair","step":"repair","iteration":0)"),
    event(22, 8, "block_started",
          R"("activation":"repair","block":"repair[1]","number":1)"),
    event(23, 8, "step_started",
          R"("activation":"repair[1].debug","step":"debug","iteration":1)"),
    event(24, 12, "step_done",
          R"("activation":"repair[1].debug","output":{},"commit":"c2")"),
    event(25, 12, "step_started",
          R"("activation":"repair[1].retest","step":"retest","iteration":1)"),
    event(26, 14, "step_done",
          R"("activation":"repair[1].retest","output":{})"),
    event(27, 14, "step_done", R"("activation":"repair","output":{})"),
    event(
      28, 14, "run_closing",
      R"("result":"done","code":"","message":"","output":{"summary":"It can do it now."})"),
    event(
      29, 14, "attempt_started",
      R"("activation":"@publish","kind":"publish","attempt":1,"token":"5","request":null)"),
    event(
      30, 15, "work_published",
      R"("branch":"themachine/r-1","base":"0123456789abcdef","commit":"c2","diff":"b","files_changed":4,"lines_added":60,"lines_removed":2)"),
    event(
      31, 15, "run_ended",
      R"("result":"done","code":"","message":"","output":{"summary":"It can do it now.","tests":"Edges.","repairs":1},"spent":"330")"),
    event(32, 15, "charges_posted", R"("up_to":"2")"),
    event(33, 15, "books_closed"),
  };
}

inline std::vector<std::string> whole_run() {
  auto result = half_a_run();
  for (auto& x : other_half())
    result.push_back(x);
  return result;
}

inline cli::stored_event read_event(const std::string& json) {
  auto x = cli::parse_event(json);
  if (!x)
    FAIL(render(x.error()));
  if (!x->what)
    FAIL(json);
  return *x;
}

inline cli::run_view view_of(const std::vector<std::string>& events) {
  cli::run_view result;
  result.id = "r-1";
  result.scripted = {"demo"};
  for (auto& x : events)
    cli::apply(result, read_event(x));
  return result;
}

inline timestamp time_of(int second) {
  return read_event(event(1, second, "books_closed")).at;
}

} // namespace machine::test

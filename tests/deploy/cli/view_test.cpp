#include "deploy/cli/view.hpp"

#include "deploy/cli/text.hpp"
#include "tests/deploy/cli/recorded.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::cli;
using namespace machine::test;

namespace {

std::string text_of(const std::vector<line>& lines) {
  std::string result;
  for (auto& x : lines)
    result += to_text(x, colour_mode::none) + "\n";
  return result;
}

} // namespace

TEST_CASE("a run in the middle looks like this") {
  auto view = view_of(half_a_run());
  apply(view,
        live_piece{"text", "write", "I write the function\nand its test"});
  CHECK(
    text_of(live_lines(view, {81, 24}, time_of(7)))
    == R"(Add human_size(bytes) to text                                      feature · r-1

 ✔ Plan the change                            demo (scripted)   $0.00013   1.0 s
 ● Write code and tests                       demo (scripted)    $0.0002   5.0 s
   › write_file src/human_size.cpp
   │ I write the function
   │ and its test
 ○ Run the project's tests
 ○ Repair what fails

$0.00033 of $0.50 · 7.0 s · 1 of 4 steps
)");
}

TEST_CASE("a round of a block shows its steps below it") {
  auto events = half_a_run();
  auto rest = other_half();
  events.insert(events.end(), rest.begin(), rest.begin() + 11);
  auto text = text_of(live_lines(view_of(events), {61, 24}, time_of(13)));
  CHECK(text == R"(Add human_size(bytes) to text                  feature · r-1

 ✔ Plan the change        demo (scripted)   $0.00013   1.0 s
 ✔ Write code and tests   demo (scripted)    $0.0002   4.0 s
 ✖ Run the project's tests                             2.0 s
   exit code 8
 ● Repair what fails  round 1                          5.0 s
   ✔ Find the cause                                    4.0 s
   ● Run the tests again                               1.0 s

$0.00033 of $0.50 · 13 s · 3 of 4 steps
)");
}

TEST_CASE("the picture fits every terminal") {
  auto events = whole_run();
  for (size_t count = 1; count <= events.size(); ++count) {
    auto view =
      view_of({events.begin(), events.begin() + static_cast<ptrdiff_t>(count)});
    apply(view,
          live_piece{"text", "write", "日本語 🙂 text\n\n\n\na\nb\nc"});
    for (size_t width : {1, 10, 20, 39, 59, 80, 200})
      for (size_t height : {1, 4, 7, 10, 24}) {
        auto lines = live_lines(view, {width, height}, time_of(20), "a note");
        CHECK(lines.size() < std::max<size_t>(height, 4));
        for (auto& x : lines)
          CHECK(width_of(x) < std::max<size_t>(width, 11));
      }
  }
}

TEST_CASE(
  "what a command writes keeps its lines, what a model says is wrapped") {
  auto view = view_of(half_a_run());
  apply(view, live_piece{"text", "write", "I test it."});
  apply(view, live_piece{"output", "write",
                         "[ 50%] Building CXX object a/b/c/text.cpp.o\n\n"
                         "[100%] Built target text\n"});
  auto text = text_of(live_lines(view, {41, 24}, time_of(7)));
  CHECK(text.find("   │ I test it.\n"
                  "   │ [ 50%] Building CXX object a/b/c/t…\n"
                  "   │ [100%] Built target text\n")
        != std::string::npos);
  view = view_of(half_a_run());
  apply(view,
        live_piece{"text", "write", "I write the function now and a test"});
  text = text_of(live_lines(view, {31, 24}, time_of(7)));
  CHECK(text.find("   │ I write the function now\n"
                  "   │ and a test\n")
        != std::string::npos);
}

TEST_CASE("where there is little room the running step stays") {
  auto view = view_of(half_a_run());
  auto text = text_of(live_lines(view, {60, 4}, time_of(7)));
  CHECK(text.find("● Write code and tests") != std::string::npos);
  CHECK(text.find("✔") == std::string::npos);
}

TEST_CASE("a log has a line for what people want to know") {
  std::string text;
  run_view view;
  view.id = "r-1";
  view.scripted = {"demo"};
  for (auto& json : whole_run()) {
    auto x = read_event(json);
    apply(view, x);
    text += text_of(log_lines(view, x));
  }
  CHECK(text
        == R"(▶ Add human_size(bytes) to text  feature, run r-1, up to $0.50
✔ Worktree  branch themachine/r-1
● Plan the change
  › demo (scripted)  the cheapest
✔ Plan the change  1.0 s, $0.00013
● Write code and tests
  › demo (scripted)
  › write_file  src/human_size.cpp
✔ Write code and tests  4.0 s, $0.0002
● Run the project's tests
✖ Run the project's tests  exit code 8
● Repair what fails
● Find the cause  round 1
✔ Find the cause  4.0 s
● Run the tests again  round 1
✔ Run the tests again  2.0 s
✔ Repair what fails  6.0 s
✔ Published  branch themachine/r-1
)");
}

TEST_CASE("the report says what came of it, what it cost and what to do now") {
  CHECK(text_of(report_lines(view_of(whole_run()), 80))
        == R"(✔ Done in 15 s for $0.00033

  It can do it now.

  tests:
  Edges.

  branch themachine/r-1  4 files, +60 -2

  model            calls     in  cached  out      cost
  demo (scripted)      2  3,200     100  700  $0.00033

  Look at it: git -C /src/text diff 0123456789ab..themachine/r-1
  Take it:    git -C /src/text merge themachine/r-1
)");
}

TEST_CASE("on a narrow terminal commands of the report stay in one piece") {
  auto text = text_of(report_lines(view_of(whole_run()), 39));
  CHECK(text.find("  branch themachine/r-1\n  4 files, +60 -2\n")
        != std::string::npos);
  CHECK(text.find("  Look at it:\n"
                  "    git -C /src/text diff 0123456789ab..themachine/r-1\n")
        != std::string::npos);
}

TEST_CASE("the report of a failure says why") {
  auto events = half_a_run();
  events.push_back(event(
    15, 9, "run_ended",
    R"("result":"failed","code":"budget_exceeded","message":"too expensive","output":null,"spent":"330")"));
  auto view = view_of(events);
  view.again = " --data-dir /d";
  auto text = text_of(report_lines(view, 80));
  CHECK(text.starts_with("✖ Failed in 9.0 s for $0.00033\n  too expensive\n"));
  CHECK(text.find("themachine run show r-1 --data-dir /d")
        != std::string::npos);
  CHECK(find_step(view, "write")->state == step_state::stopped);
}

TEST_CASE("a question is open until it is answered or withdrawn") {
  auto opened =
    R"("interrupt":"ok","activation":"write","question":"Ship \u001b[31mit?","schema":{"type":"object"})";
  auto events = half_a_run();
  events.push_back(event(15, 5, "interrupt_opened", opened));
  auto view = view_of(events);
  REQUIRE(view.questions.size() == 1);
  CHECK(view.questions[0].question == "Ship it?");
  CHECK(find_step(view, "write")->state == step_state::asking);
  auto answered = events;
  answered.push_back(event(16, 6, "interrupt_answered",
                           R"("interrupt":"ok","answer":{},"by":"local")"));
  CHECK(view_of(answered).questions.empty());
  events.push_back(event(16, 6, "interrupt_withdrawn", R"("interrupt":"ok")"));
  CHECK(view_of(events).questions.empty());
}

TEST_CASE("an effect whose outcome is unknown is charged as the machine says") {
  auto events = half_a_run();
  events.push_back(event(
    15, 5, "effect_intended",
    R"("effect":"write/3","activation":"write","token":"3","kind":"model","subject":"demo","detail":"","idempotent":true,"lease":"1000")"));
  events.push_back(
    event(16, 6, "effect_lost",
          R"("effect":"write/3","cost":"1000","idempotent":true)"));
  CHECK(view_of(events).spent == 1330);
}

TEST_CASE("an event of a newer machine is passed over") {
  run_view view;
  auto x = parse_event(event(7, 1, "holiday_declared", R"("days":3)"));
  REQUIRE(x);
  CHECK(!x->what);
  apply(view, *x);
  CHECK(view.last_seq == 7);
  CHECK(log_lines(view, *x).empty());
}

TEST_CASE("what an agent says and what its command says stand apart") {
  auto view = view_of(half_a_run());
  apply(view, live_piece{"text", "write", "I run "});
  apply(view, live_piece{"text", "write", "the tests."});
  apply(view, live_piece{"output", "write", "2 passed\n"});
  apply(view, live_piece{"text", "write", "Done."});
  auto tail = find_step(view, "write")->tail;
  CHECK(tail.ends_with("I run the tests.\n2 passed\nDone."));
}

TEST_CASE("what a step says is kept within bounds") {
  auto view = view_of(half_a_run());
  for (auto i = 0; i < 1000; ++i)
    apply(view, live_piece{"text", "write", std::string(100, 'x') + "ä\n"});
  CHECK(find_step(view, "write")->tail.size() <= 2 * max_tail_bytes + 200);
}

TEST_CASE("times are said as people say them") {
  CHECK(format_elapsed(duration{0}) == "0.0 s");
  CHECK(format_elapsed(duration{9'940}) == "9.9 s");
  CHECK(format_elapsed(duration{59'999}) == "59 s");
  CHECK(format_elapsed(duration{184'000}) == "3 min 04 s");
  CHECK(format_elapsed(duration{3'720'000}) == "1 h 02 min");
}

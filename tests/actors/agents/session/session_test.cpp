#include "actors/agents/session/session.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::agents;
using models::chat_response;
using models::chat_role;
using models::stop_reason;
using models::tool_call;
using test::has;

namespace {

assignment task() {
  assignment result;
  result.role.system = "You are a test.";
  result.role.max_output_tokens = 1'234;
  result.prompt = "Do it.";
  result.tools = {{"read_file",
                   "Reads a file.",
                   {R"({"type":"object","required":["path"],)"
                    R"("properties":{"path":{"type":"string"}}})"}}};
  result.output = {R"({"type":"object","required":["summary"],)"
                   R"("properties":{"summary":{"type":"string"}}})"};
  result.max_turns = 10;
  return result;
}

tool_call read(const std::string& id, const std::string& path) {
  return {id, "read_file", {R"({"path":")" + path + R"("})"}};
}

tool_call finish(const std::string& id) {
  return {id, "finish", {R"({"summary":"done"})"}};
}

chat_response answer(std::string text, std::vector<tool_call> calls = {},
                     stop_reason stop = stop_reason::finished) {
  chat_response result;
  result.message.role = chat_role::assistant;
  result.message.content = std::move(text);
  result.message.tool_calls = std::move(calls);
  result.stop = stop;
  return result;
}

template <class T>
const T& next_as(const session& x) {
  auto* result = std::get_if<T>(&x.next());
  if (result == nullptr)
    FAIL("the session wants something else; alternative " << x.next().index());
  return *result;
}

/// What the model reads last.
const models::chat_message& last_said(const session& x) {
  return next_as<call_model>(x).request.messages.back();
}

} // namespace

TEST_CASE("an agent reads, and finishes with a result") {
  session x{task()};
  auto& first = next_as<call_model>(x).request;
  REQUIRE(first.messages.size() == 2);
  CHECK(first.messages[0].role == chat_role::system);
  CHECK(first.messages[1].content == "Do it.");
  CHECK(first.max_output_tokens == 1'234);
  REQUIRE(first.tools.size() == 2);
  CHECK(first.tools[1].name == "finish");
  x.on_model(answer("I look.", {read("1", "a"), read("2", "b")}));
  CHECK(next_as<call_tool>(x).call == read("1", "a"));
  x.on_tool({"A"});
  CHECK(next_as<call_tool>(x).call == read("2", "b"));
  x.on_tool({"B"});
  auto& messages = next_as<call_model>(x).request.messages;
  REQUIRE(messages.size() == 5);
  CHECK(messages[3].tool_call_id == "1");
  CHECK(messages[3].content == "A");
  CHECK(messages[4].tool_call_id == "2");
  x.on_model(answer("", {finish("3")}));
  CHECK(next_as<finished>(x).result.text == R"({"summary":"done"})");
  CHECK(x.turns() == 2);
}

TEST_CASE("told the same, a session asks for the same") {
  auto play = [] {
    std::vector<models::chat_request> requests;
    session x{task()};
    auto ask = [&](chat_response with) {
      requests.push_back(next_as<call_model>(x).request);
      x.on_model(std::move(with));
    };
    ask(answer("", {read("1", "a"), {"2", "no_such", {"{}"}}}));
    x.on_tool({"A"});
    ask(answer("hm"));
    ask(answer("cut", {read("3", "b")}, stop_reason::length));
    ask(answer("", {finish("4"), read("5", "c")}));
    x.on_tool({std::string(100'000, 'x')});
    requests.push_back(next_as<call_model>(x).request);
    return requests;
  };
  CHECK(play() == play());
}

TEST_CASE("turns are bounded, and a bound says how to raise it") {
  auto what = task();
  what.max_turns = 2;
  session x{what};
  for (int i = 0; i < 2; ++i) {
    x.on_model(answer("", {read("1", "a")}));
    x.on_tool({"A"});
  }
  CHECK(next_as<gave_up>(x).code == ec::limit_exceeded);
  CHECK(has(next_as<gave_up>(x).message, "all of its 2 turns"));
  CHECK(has(next_as<gave_up>(x).message, "raise max_turns"));
  // Whoever finishes in the last turn has finished.
  session y{what};
  y.on_model(answer("", {read("1", "a")}));
  y.on_tool({"A"});
  y.on_model(answer("", {finish("2")}));
  CHECK(next_as<finished>(y).result.text == R"({"summary":"done"})");
}

TEST_CASE("who gets nowhere is told so, and stopped at the third time") {
  session x{task()};
  x.on_model(answer("I think."));
  CHECK(last_said(x).role == chat_role::user);
  CHECK(has(last_said(x).content, "You called no tool"));
  x.on_model(answer("", {{"1", "no_such", {"{}"}}}));
  CHECK(last_said(x).tool_call_id == "1");
  CHECK(has(last_said(x).content, "Your tools are: read_file, finish."));
  SECTION("for good") {
    x.on_model(answer("", {{"2", "read_file", {R"({"path":1})"}}}));
    CHECK(next_as<gave_up>(x).code == ec::step_failed);
    CHECK(has(next_as<gave_up>(x).message, "3 answers in a row"));
  }
  SECTION("not if a tool works in between") {
    x.on_model(answer("", {read("2", "a")}));
    x.on_tool({"A"});
    x.on_model(answer("I think."));
    CHECK(has(last_said(x).content, "You called no tool"));
  }
}

TEST_CASE("a call that was cut off is not made") {
  session x{task()};
  x.on_model(
    answer("I", {read("1", "a"), read("2", "b")}, stop_reason::length));
  auto& messages = next_as<call_model>(x).request.messages;
  REQUIRE(messages.size() == 5);
  // Each call has an answer, or providers refuse the next request.
  CHECK(messages[3].tool_call_id == "1");
  CHECK(messages[4].tool_call_id == "2");
  CHECK(has(messages[4].content, "this call was not made"));
  x.on_model(answer("Words", {}, stop_reason::length));
  CHECK(last_said(x).role == chat_role::user);
  CHECK(has(last_said(x).content, "cut off"));
  // A result that was cut off does not end the work.
  session y{task()};
  y.on_model(answer("", {finish("1")}, stop_reason::length));
  CHECK(has(last_said(y).content, "this call was not made"));
}

TEST_CASE("`finish` beside other calls is put off") {
  session x{task()};
  x.on_model(answer("", {read("1", "a"), finish("2")}));
  CHECK(next_as<call_tool>(x).call.id == "1");
  x.on_tool({"A"});
  CHECK(last_said(x).tool_call_id == "2");
  CHECK(has(last_said(x).content, "must be the only call"));
  x.on_model(answer("", {finish("3"), finish("4")}));
  CHECK(has(last_said(x).content, "must be the only call"));
  x.on_model(answer("", {finish("5")}));
  CHECK(std::holds_alternative<finished>(x.next()));
}

TEST_CASE("a result that breaks its schema is not taken") {
  session x{task()};
  x.on_model(answer("", {{"1", "finish", {R"({"summary":7})"}}}));
  CHECK(last_said(x).tool_call_id == "1");
  CHECK(has(last_said(x).content, "The arguments of finish"));
  x.on_model(answer("", {{"2", "finish", {"{ no json"}}}));
  CHECK(last_said(x).tool_call_id == "2");
  x.on_model(answer("", {finish("3")}));
  CHECK(std::holds_alternative<finished>(x.next()));
}

TEST_CASE("a model that refuses is believed") {
  session x{task()};
  x.on_model(answer("I cannot.", {}, stop_reason::refused));
  CHECK(next_as<gave_up>(x).code == ec::provider_rejected);
  CHECK(has(next_as<gave_up>(x).message, "I cannot."));
}

TEST_CASE("of a long outcome the model reads both ends") {
  session x{task()};
  x.on_model(answer("", {read("1", "a")}));
  std::string text = "begin";
  while (text.size() < 3 * max_outcome_bytes)
    text += "\xC3\xA9";
  x.on_tool({text + "end"});
  auto& said = last_said(x).content;
  CHECK(said.size() < max_outcome_bytes + 100);
  CHECK(said.starts_with("begin"));
  CHECK(said.ends_with("end"));
  CHECK(has(said, "bytes left out"));
  // No character is torn apart.
  CHECK(!has(said, "\xC3\n"));
  CHECK(!has(said, "\n\xA9"));
}

TEST_CASE("what was not asked for changes nothing") {
  session x{task()};
  x.on_tool({"A"});
  CHECK(x.transcript().size() == 2);
  x.on_model(answer("", {read("1", "a")}));
  x.on_model(answer("again"));
  CHECK(x.turns() == 1);
  CHECK(next_as<call_tool>(x).call.id == "1");
}

TEST_CASE("an agent reads what a person tells it before its next call") {
  session x{task()};
  x.on_model(answer("I look.", {read("1", "a")}));
  // In the middle of a tool nobody can say anything.
  x.on_hint("too early");
  CHECK(next_as<call_tool>(x).call == read("1", "a"));
  x.on_tool({"A"});
  x.on_hint("Look at b.");
  CHECK(last_said(x).role == chat_role::user);
  CHECK(last_said(x).content == "Look at b.");
  CHECK(x.transcript().size() == 5);
  // It has another chance to make use of its tools.
  x.on_model(answer("Hm."));
  x.on_model(answer("Hm."));
  x.on_hint("Do something.");
  x.on_model(answer("Hm."));
  CHECK(last_said(x).role == chat_role::user);
}

#include "deploy/cli/question.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::cli;

namespace {

question_view approval() {
  return {
    "ok",
    "approval",
    "Ship it?",
    {R"({"type":"object","properties":{"approved":{"type":"boolean"}}})"}};
}

} // namespace

TEST_CASE("an approval is asked for with yes or no, then a comment") {
  question x{approval()};
  CHECK(x.prompt() == "  Approve? [y/n] ");
  CHECK(!x.take("perhaps"));
  CHECK(x.prompt().find("Type y or n") != std::string::npos);
  CHECK(!x.take(" Yes "));
  CHECK(x.prompt().find("comment") != std::string::npos);
  CHECK(x.take("")->text == R"({"approved":true})");
}

TEST_CASE("a comment goes along with a no") {
  question x{approval()};
  CHECK(!x.take("n"));
  CHECK(x.take("too \"long\"")->text
        == R"({"approved":false,"comment":"too \"long\""})");
}

TEST_CASE("any other question takes JSON") {
  question x{{"q", "q", "How many?", {R"({"type":"integer"})"}}};
  CHECK(!x.take("many"));
  CHECK(x.prompt().find("no JSON") != std::string::npos);
  CHECK(!x.take(""));
  CHECK(x.take(" 3 ")->text == "3");
}

TEST_CASE("a question can be asked again from the beginning") {
  question x{approval()};
  CHECK(!x.take("y"));
  x.restart();
  CHECK(x.prompt() == "  Approve? [y/n] ");
}

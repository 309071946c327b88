#include "actors/models/desk/near_text.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace machine::models;

namespace {

double likeness(const std::string& a, const std::string& b) {
  return cosine(hashed_vector(a), hashed_vector(b));
}

bool same_wording(const std::string& a, const std::string& b) {
  return wording_guard(a) == wording_guard(b);
}

bool same_meaning(const std::string& a, const std::string& b) {
  return meaning_guard(a) == meaning_guard(b);
}

} // namespace

TEST_CASE("a text falls into words, numbers and signs") {
  using words = std::vector<std::string>;
  CHECK(tokens_of("What's 3.14, really?")
        == words{"what", "is", "3.14", "really"});
  CHECK(tokens_of("I don't, can't and won\u2019t")
        == words{"i", "do", "not", "can", "not", "and", "will", "not"});
  CHECK(tokens_of("C++ is no C#!")
        == words{"c", "+", "+", "is", "no", "C", "#"});
  CHECK(tokens_of("  if x:\n    y  \n") == words{"if", "x", "\n4", "y"});
  CHECK(tokens_of("what does IT do") == words{"what", "does", "IT", "do"});
  CHECK(tokens_of(" ?! ").empty());
  CHECK(tokens_of("").empty());
}

TEST_CASE("wordings that hardly differ are the same, and others are not") {
  CHECK(same_wording("What is the capital of France?",
                     "what's   capital of France"));
  CHECK(same_wording("Could you please list the open tasks",
                     "List open tasks. Thank you!"));
  CHECK(!same_wording("What is the capital of France?",
                      "What is the capital of Spain?"));
  CHECK(!same_wording("does a dog bite a man", "does a man bite a dog"));
  CHECK(!same_wording("delete the 12 files", "delete the 13 files"));
  CHECK(!same_wording("do it", "do not it"));
  CHECK(!same_wording("you can go", "you can't go"));
  CHECK(!same_wording("why use C", "why use C++"));
  CHECK(!same_wording("x = 5", "x = -5"));
  CHECK(!same_wording("on vitamin A dosage", "on vitamin dosage"));
  CHECK(!same_wording("if x:\n  y\nz", "if x:\n  y\n  z"));
  // Nothing is left out that is all there is.
  CHECK(!same_wording("hello", "hey"));
}

TEST_CASE("numbers and negations are told apart, whoever makes the vectors") {
  CHECK(same_meaning("how warm is Oslo", "the temperature in Oslo, please"));
  CHECK(!same_meaning("page 12", "page 13"));
  CHECK(!same_meaning("from 1 to 2", "from 2 to 1"));
  CHECK(!same_meaning("it is 5", "it is -5"));
  CHECK(!same_meaning("three apples", "Four apples"));
  CHECK(!same_meaning("is it safe", "isn't it safe"));
  CHECK(!same_meaning("is it safe", "is it NOT safe"));
  CHECK(!same_meaning("das ist gut", "das ist nicht gut"));
  CHECK(!same_meaning("with tests", "without tests"));
}

TEST_CASE("the nearer two wordings are, the larger is their cosine") {
  auto asked = "What is the capital of France?";
  CHECK(likeness(asked, asked) == Approx(1));
  CHECK(likeness(asked, "what is THE capital of France") > 0.7);
  CHECK(likeness(asked, "What is the capital of Spain?") < 0.9);
  CHECK(likeness(asked, "How do I bake bread?") < 0.4);
  CHECK(likeness(asked, "What's the capital of France?")
        > likeness(asked, "What is capital of France?"));
  // The same on every machine.
  auto one = hashed_vector("a");
  CHECK(one.size() == hashed_length);
  CHECK(hashed_vector("a") == one);
}

TEST_CASE("only what has a length has a vector") {
  std::vector<float> none(3, 0);
  CHECK(!normalise(none));
  std::vector<float> odd{NAN, 1};
  CHECK(!normalise(odd));
  std::vector<float> some{3, 4};
  CHECK(normalise(some));
  CHECK(some[0] == Approx(0.6));
  CHECK(cosine(some, {1, 0, 0}) == 0);
}

#include "actors/models/desk/near_answers.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;

namespace {

const timestamp early{std::chrono::seconds{5}};
const timestamp late{std::chrono::seconds{10}};

near_question asking(std::vector<float> vector,
                     const std::string& tenant = "acme") {
  return {tenant, "group", "guard", std::move(vector)};
}

near_answers::entry answering(const std::string& text) {
  auto answer = std::make_shared<chat_response>();
  answer->message.content = text;
  return {"m", "p", std::move(answer)};
}

std::string found(near_answers& in, const near_question& what,
                  double threshold = 0.9, timestamp at = early) {
  auto x = in.find(what, threshold, at);
  return x ? x->answer->message.content : "";
}

} // namespace

TEST_CASE("the nearest question within the threshold is found") {
  near_answers it;
  it.keep(asking({1, 0}), "a", answering("east"), late);
  it.keep(asking({0, 1}), "b", answering("north"), late);
  CHECK(found(it, asking({1, 0})) == "east");
  CHECK(found(it, asking({0.8F, 0.6F}), 0.5) == "east");
  CHECK(found(it, asking({0.6F, 0.8F}), 0.5) == "north");
  CHECK(found(it, asking({0.8F, 0.6F}), 0.81).empty());
  CHECK(found(it, asking({0.8F, 0.6F}), 0.79) == "east");
  CHECK(found(it, asking({1, 0, 0})).empty());
}

TEST_CASE("nothing is found of others, or for another request or guard") {
  near_answers it;
  it.keep(asking({1, 0}), "a", answering("east"), late);
  CHECK(found(it, asking({1, 0}, "umbrella")).empty());
  auto other = asking({1, 0});
  other.group = "another";
  CHECK(found(it, other).empty());
  other = asking({1, 0});
  other.guard = "another";
  CHECK(found(it, other).empty());
}

TEST_CASE("an answer to nearly the same is kept for its time") {
  near_answers it;
  it.keep(asking({1, 0}), "a", answering("east"), late);
  CHECK(found(it, asking({1, 0}), 0.9, late).empty());
  CHECK(it.size() == 0);
  CHECK(it.bytes() == 0);
}

TEST_CASE("a new answer to the same replaces the old one") {
  near_answers it;
  it.keep(asking({1, 0}), "a", answering("old"), late);
  it.keep(asking({1, 0}), "a", answering("new"), late);
  CHECK(it.size() == 1);
  CHECK(found(it, asking({1, 0})) == "new");
}

TEST_CASE("what is kept of a tenant, and of all, is bounded") {
  near_answers few{near_bounds{2, 1u << 20, 1u << 20}};
  for (auto* name : {"a", "b", "c"})
    few.keep(asking({1, 0}), name, answering(name), late);
  CHECK(few.size() == 2);
  CHECK(found(few, asking({1, 0})) == "c");
  near_answers small{near_bounds{100, 3'000, 5'000}};
  for (int i = 0; i < 10; ++i)
    small.keep(asking({1, 0}), std::to_string(i),
               answering(std::string(500, 'x')), late);
  CHECK(small.bytes() <= 3'000);
  for (int i = 0; i < 10; ++i) {
    small.keep(asking({1, 0}, "umbrella"), std::to_string(i),
               answering(std::string(500, 'y')), late);
    CHECK(small.bytes() <= 5'000);
  }
  CHECK(!found(small, asking({1, 0}, "umbrella")).empty());
  // The tenant that asks for nothing is the one that loses.
  for (int i = 0; i < 10; ++i)
    small.keep(asking({1, 0}, std::to_string(i)), "a",
               answering(std::string(500, 'z')), late);
  CHECK(found(small, asking({1, 0})).empty());
  CHECK(small.bytes() <= 5'000);
  auto size = small.size();
  small.keep(asking({1, 0}), "large", answering(std::string(9'000, 'x')), late);
  CHECK(small.size() == size);
}

#include "actors/tracker/search.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::tracker;

namespace {

task example() {
  task x;
  x.id = "t-7";
  x.title = "Sign in with OAuth";
  x.description = "The shop wants it";
  x.labels = {"security", "Q3"};
  x.author = "ann";
  x.comments.push_back({timestamp{}, "bob", "What about PKCE?"});
  return x;
}

bool finds(std::string_view query) {
  return matches(example(), search_words(query));
}

} // namespace

TEST_CASE("a task is found by words that stand anywhere in it") {
  CHECK(finds("oauth"));
  CHECK(finds("OAUTH shop"));
  CHECK(finds("pkce"));
  CHECK(finds("bob ann"));
  CHECK(finds("t-7"));
  CHECK(finds("SECUR"));
  CHECK(finds("q3"));
}

TEST_CASE("each of the words has to be there") {
  CHECK_FALSE(finds("oauth saml"));
  CHECK_FALSE(finds("carol"));
  CHECK_FALSE(finds("oauth  with  cookies"));
}

TEST_CASE("no words find everything, and no more than so many count") {
  CHECK(finds(""));
  CHECK(finds("  \t"));
  std::string many;
  for (size_t i = 0; i < max_search_words; ++i)
    many += "oauth ";
  CHECK(search_words(many + "saml").size() == max_search_words);
  CHECK(finds(many + "saml"));
}

TEST_CASE("letters beyond ASCII are found as they are written") {
  auto x = example();
  x.title = "Größe ändern";
  CHECK(matches(x, search_words("größe")));
  CHECK(matches(x, search_words("ändern")));
}

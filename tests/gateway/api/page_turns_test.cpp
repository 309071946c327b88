#include "gateway/api/page_turns.hpp"

#include <catch2/catch.hpp>

#include <string>

using machine::gateway::page_turns;

namespace {

struct reader {
  page_turns& turns;
  std::string order;

  void ask(char name, bool takes = true) {
    turns.ask([this, name, takes] {
      order += name;
      return takes;
    });
  }
};

} // namespace

TEST_CASE("no more pages than may are under way, and all get their turn") {
  page_turns turns{2};
  reader it{turns, {}};
  for (char name : {'a', 'b', 'c', 'd'})
    it.ask(name);
  CHECK(it.order == "ab");
  turns.give_back();
  CHECK(it.order == "abc");
  it.ask('a');
  turns.give_back();
  turns.give_back();
  CHECK(it.order == "abcda");
  turns.give_back();
  turns.give_back();
  it.ask('e');
  it.ask('f');
  it.ask('g');
  CHECK(it.order == "abcdaef");
}

TEST_CASE("who wants no page any more keeps nobody waiting") {
  page_turns turns{1};
  reader it{turns, {}};
  it.ask('a');
  it.ask('b', false);
  it.ask('c');
  CHECK(it.order == "a");
  turns.give_back();
  CHECK(it.order == "abc");
  turns.give_back();
  it.ask('d', false);
  it.ask('e');
  CHECK(it.order == "abcde");
}

TEST_CASE("the turn of a page that was sent ends when the client has it") {
  page_turns turns{2};
  reader it{turns, {}};
  for (char name : {'a', 'b', 'c', 'd', 'e'})
    it.ask(name);
  turns.hold();
  turns.hold();
  CHECK(it.order == "ab");
  turns.on_drained();
  CHECK(it.order == "abcd");
  turns.on_drained();
  CHECK(it.order == "abcd");
}

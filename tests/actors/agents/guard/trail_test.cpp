#include "actors/agents/guard/trail.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::agents;
using kind = loop_alarm::kind;

namespace {

/// An agent with a guard; its calls are letters.
class walker {
public:
  explicit walker(guard_limits limits = {}) : limits(limits) {}

  /// Makes the calls of *text*, one after the other, each after a model call.
  /// Capitals fail.
  std::optional<loop_alarm> walk(std::string_view text) {
    for (auto c : text)
      call(c);
    return find_loop(where, limits);
  }

  void call(char c, std::optional<uint64_t> state = std::nullopt) {
    auto id = "a#1." + std::to_string(++number);
    note_model_call(where, id, 10);
    note(where, {static_cast<uint64_t>(c), id, std::string{c},
                 c >= 'A' && c <= 'Z', state});
  }

  guard_limits limits;
  trail where;
  uint32_t number = 0;
  uint64_t states = 1'000;
};

bool is(const std::optional<loop_alarm>& x, kind what) {
  return x && x->what == what;
}

} // namespace

TEST_CASE("the same call with the same result in a row is a loop") {
  walker x;
  CHECK(!x.walk("abcc"));
  auto alarm = x.walk("c");
  REQUIRE(is(alarm, kind::cycle));
  CHECK(alarm->times == 3);
  CHECK(alarm->subjects == std::vector<std::string>{"c"});
  CHECK(alarm->effects == std::vector<std::string>{"a#1.3", "a#1.4", "a#1.5"});
  CHECK(!x.walk("d"));
}

TEST_CASE("short cycles are loops, and longer ones than asked for are not") {
  CHECK(is(walker{}.walk("xababab"), kind::cycle));
  CHECK(is(walker{}.walk("abcabcabc"), kind::cycle));
  auto alarm = walker{}.walk("abcdabcdabcd");
  REQUIRE(is(alarm, kind::cycle));
  CHECK(alarm->subjects == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(alarm->effects.size() == 12);
  CHECK(!walker{{.idle_calls = 100}}.walk("abcdeabcdeabcde"));
  CHECK(!walker{}.walk("abcdabcdabc"));
  CHECK(!walker{{.cycle = 1}}.walk("ababab"));
}

TEST_CASE("the same call often among the last ones is a loop") {
  CHECK(!walker{}.walk("axbxcdxex"));
  auto alarm = walker{}.walk("axbxcdxexfx");
  REQUIRE(is(alarm, kind::often));
  CHECK(alarm->times == 5);
  CHECK(alarm->effects.size() == 5);
  CHECK(!walker{{.window = 10}}.walk("xabcxdefxghixjklx"));
}

TEST_CASE("a new state of the workspace makes a repeated call none") {
  walker x;
  for (auto i = 0; i < 30; ++i) {
    x.call(static_cast<char>('a' + i % 20), ++x.states);
    x.call('~');
    CHECK(!find_loop(x.where, x.limits));
  }
}

TEST_CASE("the same failure after every edit is a loop in the end") {
  walker x;
  for (auto i = 0; i < 9; ++i) {
    x.call(static_cast<char>('a' + i), ++x.states);
    x.call('T');
    CHECK(!find_loop(x.where, x.limits));
  }
  x.call('y', ++x.states);
  x.call('T');
  auto alarm = find_loop(x.where, x.limits);
  REQUIRE(is(alarm, kind::failing));
  CHECK(alarm->times == 10);
}

TEST_CASE("to go there and back again is a loop") {
  walker x{{.times = 20}};
  auto round = [&] {
    x.call('e', 1);
    x.call('T');
    x.call('f', 2);
    x.call('T');
  };
  for (auto i = 0; i < 3; ++i) {
    round();
    CHECK(!find_loop(x.where, x.limits));
  }
  round();
  CHECK(is(find_loop(x.where, x.limits), kind::cycle));
}

TEST_CASE("model calls that bring nothing new are a loop") {
  walker x;
  CHECK(!x.walk("abcdefg"));
  for (auto i = 0; i < 9; ++i)
    note_model_call(x.where, "a#1.x", 7);
  CHECK(!find_loop(x.where, x.limits));
  note_model_call(x.where, "a#1.y", 7);
  auto alarm = find_loop(x.where, x.limits);
  REQUIRE(is(alarm, kind::idle));
  CHECK(alarm->times == 10);
  CHECK(alarm->cost == 70);
  CHECK(alarm->effects.back() == "a#1.y");
  SECTION("a variable has another value") {
    note_progress(x.where);
  }
  SECTION("a tool has another result") {
    note(x.where, {'h', "a#1.z", "h", false, std::nullopt});
  }
  SECTION("the workspace is in a new state") {
    CHECK(note_state(x.where, 77));
  }
  SECTION("a step beside it has another result") {
    CHECK(note_result(x.where, 78));
  }
  CHECK(!find_loop(x.where, x.limits));
}

TEST_CASE("what was seen before is no progress") {
  walker x;
  CHECK(note(x.where, {'a', "a#1.1", "a", false, 5}));
  CHECK(!note(x.where, {'a', "a#1.2", "a", false, 5}));
  CHECK(!note_state(x.where, 5));
  know_state(x.where, 6);
  CHECK(!note_state(x.where, 6));
  CHECK(!note(x.where, {'b', "a#1.3", "b", false, std::nullopt},
              novelty::does_not_count));
}

TEST_CASE("a repeat has to go around in vain, too") {
  walker x{{.idle_rounds = 2}};
  for (auto i = 0; i < 50; ++i)
    note_model_call(x.where, "a#1.1", 1);
  CHECK(!find_loop(x.where, x.limits));
  note_round(x.where);
  CHECK(!find_loop(x.where, x.limits));
  note_round(x.where);
  CHECK(is(find_loop(x.where, x.limits), kind::idle));
}

TEST_CASE("after an answer the guard counts anew") {
  walker x;
  CHECK(x.walk("aaa"));
  count_anew(x.where);
  CHECK(!x.walk("aa"));
  CHECK(is(x.walk("a"), kind::cycle));
}

TEST_CASE("a trail goes through the store as it is") {
  walker x;
  x.call('a', 1);
  x.walk("bcD");
  auto again = wire::from_msgpack<trail>(wire::to_msgpack(x.where));
  REQUIRE(again);
  CHECK(*again == x.where);
}

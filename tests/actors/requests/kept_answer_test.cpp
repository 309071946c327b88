#include "tests/actors/requests/kept_under_test.hpp"
#include "tests/support/formats.hpp"

using namespace machine;
using namespace machine::test;

namespace {

bool has(const caf::error& why, std::string_view what) {
  return message_of(why).find(what) != std::string::npos;
}

} // namespace

TEST_CASE("a request is begun once and its answer kept") {
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  CHECK(it.count == 1);
  CHECK(it.state.phase == request_phase::under_way);
  REQUIRE(!it.give(finishing("a")));
  CHECK(it.state.phase == request_phase::finished);
  CHECK(it.state.answer == finishing("a").answer);
  // Whoever asks again begins nothing, in this life and in the next.
  for (auto* life : {"l-1", "l-2"}) {
    REQUIRE(!it.give(beginning("b", life)));
    CHECK(it.count == 0);
    REQUIRE(!it.give(beginning("b", life, repetition::harmless)));
    CHECK(it.count == 0);
  }
  CHECK(it.replayed() == it.state);
}

TEST_CASE("nobody else begins it while it is under way") {
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  for (auto again : {repetition::counts, repetition::harmless}) {
    auto refused = it.give(beginning("b", "l-1", again));
    CHECK(code_of(refused) == ec::locked);
    CHECK(has(refused, "POST /api/v1/things"));
  }
  CHECK(code_of(it.give(beginning("a"))) == ec::locked);
}

TEST_CASE("what an earlier life did not finish is begun again if that is "
          "harmless") {
  kept_under_test it;
  REQUIRE(!it.give(beginning("a", "l-1", repetition::harmless)));
  REQUIRE(!it.give(beginning("b", "l-2", repetition::harmless)));
  CHECK(it.count == 1);
  CHECK(it.state.last.attempt == "b");
  // The first one has nothing to say any more.
  CHECK(code_of(it.give(finishing("a"))) == ec::fenced);
  CHECK(code_of(it.give(release_request{"a"})) == ec::fenced);
  CHECK(!it.give(finishing("b")));
}

TEST_CASE("if it is not, who asks again is told to look") {
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  auto refused = it.give(beginning("b", "l-2"));
  CHECK(code_of(refused) == ec::conflict);
  CHECK(has(refused, "cut off"));
  CHECK(has(refused, "new key"));
}

TEST_CASE("a key is for one request") {
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  auto other = beginning("b", "l-1", repetition::counts, "two");
  CHECK(code_of(it.give(other)) == ec::invalid_argument);
  REQUIRE(!it.give(finishing("a")));
  CHECK(code_of(it.give(other)) == ec::invalid_argument);
  other.life = "l-2";
  other.again = repetition::harmless;
  CHECK(code_of(it.give(other)) == ec::invalid_argument);
}

TEST_CASE("a key that was released is free, for another request as well") {
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  REQUIRE(!it.give(release_request{"a"}));
  CHECK(it.state.phase == request_phase::released);
  REQUIRE(!it.give(release_request{"a"}));
  CHECK(it.count == 0);
  REQUIRE(!it.give(beginning("b", "l-1", repetition::counts, "two")));
  CHECK(it.count == 1);
  CHECK(it.state.last.fingerprint == print_of("two"));
}

TEST_CASE("to end twice is to end once, and in one way") {
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  REQUIRE(!it.give(finishing("a")));
  REQUIRE(!it.give(finishing("a", ending::unknown)));
  CHECK(it.count == 0);
  CHECK(it.state.how == ending::kept);
  CHECK(code_of(it.give(release_request{"a"})) == ec::fenced);
}

TEST_CASE("what was not begun does not end") {
  kept_under_test it;
  for (auto* attempt : {"", "a"}) {
    CHECK(code_of(it.give(finishing(attempt))) == ec::fenced);
    CHECK(code_of(it.give(release_request{attempt})) == ec::fenced);
  }
}

TEST_CASE("an answer that cannot be given again is said to be gone") {
  auto how = GENERATE(ending::secret, ending::too_large, ending::unknown);
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  REQUIRE(!it.give(finishing("a", how)));
  for (auto* life : {"l-1", "l-2"}) {
    auto refused = it.give(beginning("b", life));
    CHECK(code_of(refused) == ec::conflict);
    CHECK(has(refused, "POST /api/v1/things"));
    CHECK(has(refused, "status 201"));
    CHECK(has(refused, "new key"));
    CHECK(has(refused, "shown once") == (how == ending::secret));
    CHECK(has(refused, "too large") == (how == ending::too_large));
    CHECK(has(refused, "nobody knows") == (how == ending::unknown));
  }
}

TEST_CASE("of what is not to be kept nothing gets into the log") {
  auto how = GENERATE(ending::secret, ending::too_large, ending::unknown);
  kept_under_test it;
  REQUIRE(!it.give(beginning("a")));
  for (auto& answer : {given_answer{201, "", {}, to_bytes("secret")},
                       given_answer{201, "text/plain", {}, {}},
                       given_answer{201, "", {{"X", "y"}}, {}}})
    CHECK(code_of(it.give(finish_request{"a", how, answer}))
          == ec::invalid_argument);
  CHECK(it.state.phase == request_phase::under_way);
}

TEST_CASE("everything has a bound") {
  kept_under_test it;
  for (auto& name : {std::string{}, std::string(max_name + 1, 'x')}) {
    CHECK(code_of(it.give(beginning(name))) == ec::invalid_argument);
    CHECK(code_of(it.give(beginning("a", name))) == ec::invalid_argument);
  }
  auto long_winded = beginning("a");
  long_winded.what = std::string(max_what + 1, 'x');
  CHECK(code_of(it.give(long_winded)) == ec::invalid_argument);
  REQUIRE(!it.give(beginning("a")));
  auto answer = finishing("a");
  for (auto status : {0, 199, 600}) {
    answer.answer.status = static_cast<uint32_t>(status);
    CHECK(code_of(it.give(answer)) == ec::invalid_argument);
  }
  answer = finishing("a");
  answer.answer.body.clear();
  answer.answer.body.resize(max_kept_bytes - size_of(answer.answer));
  auto larger = answer;
  larger.answer.body.push_back(0);
  CHECK(code_of(it.give(larger)) == ec::limit_exceeded);
  CHECK(!it.give(answer));
  CHECK(wire::to_msgpack(it.log.back()).size() < (1u << 20));
}

TEST_CASE("it may be erased at any time, and is idle") {
  kept_under_test it;
  CHECK(!kept_answer::may_erase(it.state, it.ctx.key));
  REQUIRE(!it.give(beginning("a")));
  CHECK(!kept_answer::may_erase(it.state, it.ctx.key));
  CHECK(kept_answer::idle(it.state));
  auto row = kept_answer::summarise(it.state, it.ctx.key);
  CHECK(row.fields.empty());
  CHECK(row.body.empty());
}

TEST_CASE("a kept answer survives every format") {
  test::check_alternatives(std::type_identity<kept_command>{});
  test::check_alternatives(std::type_identity<kept_event>{});
  test::check_formats<kept_command>(4);
  test::check_formats<kept_event>(4);
  test::check_formats<kept_state>(4);
  test::check_formats<entity::recorded<kept_event>>(4);
  test::check_formats<entity::outcome<kept_answer>>(4);
}

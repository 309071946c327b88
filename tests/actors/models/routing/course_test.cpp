#include "actors/models/routing/course.hpp"
#include "actors/models/routing/course_setup.hpp"

#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

const timestamp dawn{std::chrono::seconds{1'800'000'000}};

std::vector<course_candidate> two_models(std::optional<duration> hedge = {}) {
  return {{"a", "p", 100'000, 300, true, hedge},
          {"b", "q", 100'000, 200, true, hedge}};
}

try_end whole_answer() {
  return {{}, true, true, 200, {}};
}

try_end failure_of(ec code, bool accepted = false) {
  return {make_error(code, "it failed"), accepted, false, 0, {}};
}

template <class Step>
const Step* find_step(const course_steps& in) {
  for (auto& x : in)
    if (auto* found = std::get_if<Step>(&x))
      return found;
  return nullptr;
}

template <class Step>
size_t count_steps(const course_steps& in) {
  size_t n = 0;
  for (auto& x : in)
    n += std::holds_alternative<Step>(x) ? 1 : 0;
  return n;
}

} // namespace

TEST_CASE("an answer ends the call, and its money is settled first") {
  course x{{}, two_models(), dawn};
  auto first = x.start(dawn);
  CHECK(first == course_steps{start_try{0, 0, try_mode::fresh, 600s}});
  CHECK(x.start(dawn).empty());
  CHECK(x.began(0).empty());
  CHECK(x.speaks(0));
  CHECK(x.ended(0, whole_answer(), dawn + 2s, 0)
        == course_steps{settle_try{0, payment::counted}, use_answer{0}});
  CHECK(x.over());
  CHECK(!x.alarm());
  CHECK(x.ended(0, whole_answer(), dawn + 3s, 0).empty());
  CHECK(x.tick(dawn + 1h, 0).empty());
  CHECK(x.cancel().empty());
}

TEST_CASE("what is charged depends on what was taken and counted") {
  CHECK(payment_for(whole_answer()) == payment::counted);
  CHECK(payment_for({{}, true, false, 200, {}}) == payment::lease);
  CHECK(payment_for(failure_of(ec::provider_interrupted, true))
        == payment::lease);
  CHECK(payment_for(failure_of(ec::provider_rate_limited)) == payment::nothing);
}

TEST_CASE("pauses grow and are drawn from zero on") {
  course_rule rule;
  rule.fallback.on = false;
  rule.fallback.tries = 10;
  rule.tries_of_model = 10;
  for (auto [random, part] : {std::pair{uint64_t{0}, 0.0},
                              {uint64_t{1} << 63, 0.5},
                              {UINT64_MAX, 1.0}}) {
    course x{rule, two_models(), dawn};
    auto now = dawn;
    x.start(now);
    for (uint32_t i = 0; i < 8; ++i) {
      auto steps = x.ended(i, failure_of(ec::provider_failed), now, random);
      auto bound = std::min(60'000.0, 1'000 * std::exp2(i));
      auto expected = static_cast<int64_t>(bound * part);
      if (part == 0.0) {
        CHECK(count_steps<start_try>(steps) == 1);
        continue;
      }
      CHECK(count_steps<start_try>(steps) == 0);
      auto wait = *x.alarm() - now;
      CHECK(std::chrono::ceil<duration>(wait).count()
            == Approx(expected).margin(1));
      now = *x.alarm();
      CHECK(count_steps<start_try>(x.tick(now, random)) == 1);
    }
  }
}

TEST_CASE("a second model is asked when the first is slow to begin") {
  course x{{}, two_models(800ms), dawn};
  x.start(dawn);
  CHECK(x.alarm() == dawn + 800ms);
  CHECK(x.tick(dawn + 799ms, 0).empty());
  CHECK(x.tick(dawn + 800ms, 0)
        == course_steps{start_try{1, 1, try_mode::fresh, 599'200ms}});
  // Who begins first speaks, and the other one is stopped.
  CHECK(x.began(1) == course_steps{stop_try{0}});
  CHECK(x.speaks(1));
  CHECK(!x.speaks(0));
  CHECK(x.began(0).empty());
  CHECK(x.ended(0, failure_of(ec::cancelled, true), dawn + 1s, 0)
        == course_steps{settle_try{0, payment::lease}});
  CHECK(x.ended(1, whole_answer(), dawn + 2s, 0)
        == course_steps{settle_try{1, payment::counted}, use_answer{1}});
}

TEST_CASE("one of two that fails leaves the call to the other") {
  course x{{}, two_models(800ms), dawn};
  x.start(dawn);
  x.tick(dawn + 800ms, 0);
  CHECK(x.ended(1, failure_of(ec::provider_failed), dawn + 1s, 0)
        == course_steps{settle_try{1, payment::nothing}});
  CHECK(!x.over());
  // No third model is asked because it goes on being slow.
  CHECK(x.tick(dawn + 30s, 0).empty());
  CHECK(x.ended(0, whole_answer(), dawn + 31s, 0)
        == course_steps{settle_try{0, payment::counted}, use_answer{0}});
}

TEST_CASE("a stream that began is not hedged") {
  course x{{}, two_models(800ms), dawn};
  x.start(dawn);
  x.began(0);
  CHECK(x.alarm() == dawn + 600s);
  CHECK(x.tick(dawn + 800ms, 0).empty());
}

TEST_CASE("what may not be done twice is not hedged") {
  course_rule rule;
  rule.again = repetition::harmful;
  course x{rule, two_models(800ms), dawn};
  x.start(dawn);
  CHECK(x.tick(dawn + 800ms, 0).empty());
}

TEST_CASE("without other models the same one is asked as well") {
  course_rule rule;
  rule.fallback.on = false;
  course x{rule, two_models(800ms), dawn};
  x.start(dawn);
  CHECK(x.tick(dawn + 800ms, 0)
        == course_steps{start_try{1, 0, try_mode::fresh, 599'200ms}});
}

TEST_CASE("a hedge without anybody to ask does not ring again and again") {
  course_rule rule;
  rule.fallback.tries = 1;
  course x{rule, two_models(800ms), dawn};
  x.start(dawn);
  CHECK(x.tick(dawn + 800ms, 0).empty());
  CHECK(*x.alarm() > dawn + 800ms);
}

TEST_CASE("the deadline ends the call, whatever it is doing") {
  course_rule rule;
  rule.fallback.deadline = 10s;
  course silent{rule, two_models(), dawn};
  silent.start(dawn);
  auto steps = silent.tick(dawn + 10s, 0);
  CHECK(steps
        == course_steps{stop_try{0},
                        give_up{make_error(ec::timeout), std::nullopt}});
  course talking{rule, two_models(), dawn};
  talking.start(dawn);
  talking.began(0);
  talking.passed_on(piece_kind::text);
  steps = talking.tick(dawn + 10s, 0);
  CHECK(steps
        == course_steps{stop_try{0},
                        tell_client{tell_client::kind::ended_early,
                                    "the answer ends here, before its end: "
                                    "there was no whole answer within 10000 "
                                    "ms; allow more, or ask for less"},
                        give_up{make_error(ec::timeout), std::nullopt}});
  course pausing{rule, two_models(), dawn};
  pausing.start(dawn);
  pausing.ended(0, failure_of(ec::provider_failed), dawn + 9s, 1u << 30);
  steps = pausing.tick(dawn + 10s, 0);
  REQUIRE(find_step<give_up>(steps) != nullptr);
  CHECK(
    message_of(find_step<give_up>(steps)->why).find("before that: it failed")
    != std::string::npos);
}

TEST_CASE("a client that goes away is told nothing") {
  course x{{}, two_models(), dawn};
  x.start(dawn);
  x.began(0);
  x.passed_on(piece_kind::text);
  CHECK(x.cancel()
        == course_steps{stop_try{0},
                        give_up{make_error(ec::cancelled), std::nullopt}});
  CHECK(x.ended(0, failure_of(ec::cancelled, true), dawn, 0)
        == course_steps{settle_try{0, payment::lease}});
}

TEST_CASE("what is known to be in vain is not tried") {
  course_rule rule;
  rule.fallback.tries = 10;
  std::vector<course_candidate> models{
    {"small", "p", 8'000, 10, true, {}},
    {"other small", "q", 8'000, 10, true, {}},
    {"same provider", "p", 64'000, 20, true, {}},
    {"largest", "q", 200'000, 30, true, {}},
  };
  course x{rule, models, dawn};
  x.start(dawn);
  auto steps = x.ended(0, failure_of(ec::context_exceeded), dawn, 0);
  CHECK(find_step<start_try>(steps)->candidate == 2);
  steps = x.ended(1, failure_of(ec::provider_auth), dawn, 0);
  CHECK(find_step<start_try>(steps)->candidate == 3);
  steps = x.ended(2, failure_of(ec::content_refused), dawn, 0);
  REQUIRE(find_step<give_up>(steps) != nullptr);
  // What went wrong first is told.
  CHECK(code_of(find_step<give_up>(steps)->why) == ec::context_exceeded);
}

TEST_CASE("a text is gone on with until it is whole") {
  course x{{}, two_models(), dawn};
  x.start(dawn);
  x.began(0);
  x.passed_on(piece_kind::text);
  auto steps = x.ended(0, failure_of(ec::provider_interrupted, true), dawn, 0);
  CHECK(find_step<start_try>(steps)->mode == try_mode::resume);
  // The second try does not even begin, and the client still has its part.
  steps = x.ended(1, failure_of(ec::provider_failed), dawn, 0);
  REQUIRE(find_step<start_try>(steps) != nullptr);
  CHECK(*find_step<start_try>(steps)
        == start_try{2, 1, try_mode::resume, 600s});
  CHECK(find_step<tell_client>(steps)->what == tell_client::kind::resumed);
  x.began(2);
  steps = x.ended(2, whole_answer(), dawn, 0);
  CHECK(find_step<use_answer>(steps)->number == 2);
}

TEST_CASE("a course is set up from a ranking and its policy") {
  catalogue all;
  for (auto* id : {"a", "b"}) {
    auto& x = all.models[id];
    x.id = id;
    x.provider = "p";
    x.context_tokens = 8'000;
  }
  decision ranked;
  for (auto* id : {"b", "gone", "a"}) {
    auto& x = ranked.candidates.emplace_back();
    x.model = id;
    x.worst_case = 7;
  }
  learner knows;
  observation slow;
  for (auto i = 0; i < 100; ++i) {
    slow.first_byte = i % 10 == 0 ? 9s : 1s;
    observe(knows, all.models["a"], slow);
  }
  routing_policy policy;
  auto found = course_candidates_of(ranked, all, policy, knows);
  REQUIRE(found.size() == 2);
  CHECK(found[0].model == "b");
  CHECK(found[0].provider == "p");
  CHECK(found[0].context_tokens == 8'000);
  CHECK(found[0].worst_case == 7);
  CHECK(!found[0].hedge_after);
  policy.hedging.on = true;
  found = course_candidates_of(ranked, all, policy, knows);
  CHECK(found[0].hedge_after == 1s);
  CHECK(*found[1].hedge_after > 7s);
  policy.hedging.quantile = 0.5;
  found = course_candidates_of(ranked, all, policy, knows);
  CHECK(*found[1].hedge_after < 1'200ms);
  policy.fallback.tries = 9;
  auto rule = course_rule_of(policy, repetition::harmful);
  CHECK(rule.fallback.tries == 9);
  CHECK(rule.again == repetition::harmful);
}

TEST_CASE("without a model there is nothing to ask") {
  course x{{}, {}, dawn};
  auto steps = x.start(dawn);
  REQUIRE(find_step<give_up>(steps) != nullptr);
  CHECK(code_of(find_step<give_up>(steps)->why) == ec::no_model);
}

namespace {

/// Checks what has to hold of a course, whatever it is told.
class witness {
public:
  witness(const course_rule& rule, const std::vector<course_candidate>& models)
      : rule_(rule), models_(models) {}

  void see(const course_steps& steps) {
    for (auto& step : steps) {
      auto* settled = std::get_if<settle_try>(&step);
      RC_ASSERT(!over_ || settled != nullptr);
      if (auto* x = std::get_if<start_try>(&step)) {
        RC_ASSERT(x->number == open_.size());
        RC_ASSERT(x->candidate < models_.size());
        RC_ASSERT(x->time_left.count() > 0);
        RC_ASSERT(x->time_left <= rule_.fallback.deadline);
        RC_ASSERT(x->mode == try_mode::fresh
                  || models_[x->candidate].continues);
        RC_ASSERT(rule_.fallback.on || x->candidate == 0 || was_rejected);
        open_.push_back(true);
      } else if (settled != nullptr) {
        RC_ASSERT(open_.at(settled->number));
        open_[settled->number] = false;
      } else if (std::holds_alternative<use_answer>(step)
                 || std::holds_alternative<give_up>(step)) {
        RC_ASSERT(!over_);
        if (auto* used = std::get_if<use_answer>(&step))
          RC_ASSERT(!open_.at(used->number));
        over_ = true;
      }
    }
    RC_ASSERT(open_.size() <= rule_.fallback.tries);
  }

  bool over() const {
    return over_;
  }

  /// Tries whose end has not been told.
  std::vector<uint32_t> open() const {
    std::vector<uint32_t> result;
    for (uint32_t i = 0; i < open_.size(); ++i)
      if (open_[i])
        result.push_back(i);
    return result;
  }

  /// An answer did not pass.
  bool was_rejected = false;

private:
  const course_rule& rule_;
  const std::vector<course_candidate>& models_;
  std::vector<bool> open_;
  bool over_ = false;
};

try_end random_end() {
  constexpr ec codes[] = {
    ec::none,           ec::provider_rate_limited, ec::provider_failed,
    ec::timeout,        ec::provider_garbled,      ec::provider_interrupted,
    ec::unavailable,    ec::context_exceeded,      ec::content_refused,
    ec::provider_auth,  ec::provider_rejected,     ec::cancelled,
    ec::budget_exceeded};
  auto code = codes[test::draw<size_t>(0, std::size(codes))];
  try_end x;
  if (code != ec::none)
    x.why = make_error(code, "it failed");
  x.accepted = test::chance(2);
  x.counted = test::chance(2);
  x.status = test::chance(3) ? 404 : 0;
  if (test::chance(4))
    x.retry_after = duration{test::draw(0, 90'000)};
  x.rejected = code == ec::none && test::chance(2);
  return x;
}

} // namespace

TEST_CASE("a call ends within its bounds, whatever happens to it") {
  CHECK(rc::check([] {
    course_rule rule;
    rule.fallback.on = !test::chance(4);
    rule.fallback.on_refusal = test::chance(2);
    rule.fallback.tries = test::draw<uint32_t>(1, 11);
    rule.fallback.deadline = duration{test::draw(1'000, 600'000)};
    rule.fallback.in_stream = static_cast<stream_failover>(test::draw(0, 3));
    rule.again = static_cast<repetition>(test::draw(0, 2));
    rule.tries_of_model = test::draw<uint32_t>(1, 5);
    std::vector<course_candidate> models;
    for (auto left = test::draw(1, 6); left > 0; --left) {
      course_candidate x;
      x.model = "m" + std::to_string(left);
      x.provider = test::draw_text({"p", "q"});
      x.context_tokens = test::draw<uint64_t>(1, 4);
      x.worst_case = test::draw(1, 4);
      x.continues = test::chance(2);
      x.is_checked = test::chance(2);
      if (test::chance(2))
        x.hedge_after = duration{test::draw(0, 5'000)};
      models.push_back(x);
    }
    course x{rule, models, dawn};
    witness seen{rule, models};
    auto now = dawn;
    seen.see(x.start(now));
    auto bound = 0;
    while (!x.over()) {
      RC_ASSERT(++bound < 1'000);
      RC_ASSERT(x.alarm());
      RC_ASSERT(*x.alarm() <= dawn + rule.fallback.deadline);
      auto random = *rc::gen::arbitrary<uint64_t>();
      auto open = seen.open();
      auto choice = test::draw(0, 10);
      if (choice == 0 && test::chance(10)) {
        seen.see(x.cancel());
      } else if (choice < 3 && !open.empty()) {
        auto one = open[test::draw<size_t>(0, open.size())];
        seen.see(x.began(one));
        if (x.speaks(one) && test::chance(2))
          x.passed_on(test::chance(3) ? piece_kind::other : piece_kind::text);
      } else if (choice < 7 && !open.empty()) {
        auto one = open[test::draw<size_t>(0, open.size())];
        auto end = random_end();
        seen.was_rejected = seen.was_rejected || end.rejected;
        seen.see(x.ended(one, end, now, random));
      } else {
        now = std::max(now, *x.alarm());
        seen.see(x.tick(now, random));
      }
      RC_ASSERT(now <= dawn + rule.fallback.deadline);
      RC_ASSERT(x.over() == seen.over());
    }
    // Whoever is still at work is heard out, for the money.
    for (auto one : seen.open())
      seen.see(x.ended(one, failure_of(ec::cancelled, true), now, 0));
    RC_ASSERT(seen.open().empty());
    RC_ASSERT(x.tries() <= rule.fallback.tries);
    RC_ASSERT(x.tries() <= models.size() * rule.tries_of_model);
  }));
}

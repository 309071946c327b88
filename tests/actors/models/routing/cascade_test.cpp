#include "actors/models/routing/cascade.hpp"

#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

candidate offer(const std::string& model, double quality, micro_usd expected,
                micro_usd worst_case, duration latency = 1s) {
  candidate x;
  x.model = model;
  x.quality = quality;
  x.expected = expected;
  x.worst_case = worst_case;
  x.latency = latency;
  return x;
}

std::string names_of(const caf::expected<cascade>& x) {
  if (!x)
    return render(x.error());
  std::string result;
  for (auto& y : x->order)
    result += (result.empty() ? "" : " ") + y.model;
  return result;
}

/// Nearly as good for a hundredth, and the best.
std::vector<candidate> two_offers() {
  return {offer("dear", 0.95, 100'000, 400'000),
          offer("small", 0.8, 1'000, 4'000)};
}

constexpr micro_usd plenty = 10'000'000;

} // namespace

TEST_CASE("a cheap model is tried first where its answers can be checked") {
  routing_policy policy;
  auto x = plan_cascade(two_offers(), {}, policy, 0.6, plenty);
  CHECK(names_of(x) == "small dear");
  CHECK(x->worst_case == 404'000);
  // Both fail at 0.01 by chance, at 0.05 if failures coincide: at 0.03. So the
  // dear one answers 0.85 of what the small one fails at, and 0.975 of the
  // rest.
  auto bad = 0.2 * 0.9;
  auto missed = 0.8 * 0.01;
  auto reached = bad + missed;
  CHECK(x->quality == Approx(0.8 * 0.99 + bad * 0.85 + missed * 0.975));
  CHECK(static_cast<double>(x->expected)
        == Approx(1'000 + reached * 100'000).margin(1));
  CHECK(static_cast<double>(x->latency.count())
        == Approx(1'000 + reached * 1'000).margin(1));
  CHECK(x->why
        == "small, then dear if an answer does not pass the check: "
           "expected to cost $0.0198, at most $0.404");
}

TEST_CASE("a check that finds nothing is no reason to ask a cheap model") {
  routing_policy policy;
  policy.prefer = preference::best;
  verifier blind;
  blind.finds = 0;
  CHECK(names_of(plan_cascade(two_offers(), blind, policy, 0.6, plenty))
        == "dear");
  verifier sharp;
  sharp.finds = 1;
  sharp.spares = 1;
  sharp.shared = 0;
  // In either order 0.99 of the answers are good in the end.
  CHECK(names_of(plan_cascade(two_offers(), sharp, policy, 0.6, plenty))
        == "small dear");
}

TEST_CASE("where all models fail at the same, one alone is as good") {
  routing_policy policy;
  policy.prefer = preference::best;
  verifier check;
  check.finds = 1;
  check.spares = 1;
  check.shared = 1;
  auto x = plan_cascade(two_offers(), check, policy, 0.6, plenty);
  CHECK(names_of(x) == "small dear");
  CHECK(x->quality == Approx(0.95));
}

TEST_CASE("a check that is dear or slow is not worth it") {
  routing_policy policy;
  policy.prefer = preference::cheap;
  verifier check;
  CHECK(names_of(plan_cascade(two_offers(), check, policy, 0.9, plenty))
        == "small dear");
  check.cost = 2'000'000;
  CHECK(names_of(plan_cascade(two_offers(), check, policy, 0.9, plenty))
        == "dear");
  policy.prefer = preference::fast;
  check = {};
  check.takes = 5min;
  CHECK(
    names_of(plan_cascade(two_offers(), check, policy, 0.6, plenty)).find(' ')
    == std::string::npos);
}

TEST_CASE("the worst case of all stays within the lease") {
  routing_policy policy;
  CHECK(names_of(plan_cascade(two_offers(), {}, policy, 0.6, 404'000))
        == "small dear");
  auto tight = plan_cascade(two_offers(), {}, policy, 0.6, 403'999);
  REQUIRE(tight);
  CHECK(tight->order.size() == 1);
  CHECK(names_of(plan_cascade(two_offers(), {}, policy, 0.6, 4'000))
        == "small");
  auto none = plan_cascade(two_offers(), {}, policy, 0.6, 3'999);
  REQUIRE(!none);
  CHECK(code_of(none.error()) == ec::budget_exceeded);
  CHECK(code_of(plan_cascade({}, {}, policy, 0.6, plenty).error())
        == ec::no_model);
}

TEST_CASE("a policy says how many models may be asked in a row") {
  routing_policy policy;
  policy.prefer = preference::cheap;
  std::vector<candidate> models{offer("dear", 0.9, 100'000, 100'000),
                                offer("middle", 0.8, 5'000, 5'000),
                                offer("tiny", 0.6, 10, 10)};
  verifier check;
  check.shared = 0;
  policy.cascade.longest = 3;
  CHECK(names_of(plan_cascade(models, check, policy, 0.88, plenty))
        == "tiny middle");
  CHECK(names_of(plan_cascade(models, check, policy, 0.93, plenty))
        == "tiny middle dear");
  policy.cascade.longest = 2;
  CHECK(plan_cascade(models, check, policy, 0.93, plenty)->order.size() == 2);
  policy.cascade.on = false;
  auto alone = plan_cascade(models, check, policy, 0.9, plenty);
  CHECK(names_of(alone) == "dear");
  CHECK(alone->why.find("alone is worth more") != std::string::npos);
}

TEST_CASE("no plan asks a model twice, costs too much or is worth less") {
  CHECK(rc::check([] {
    routing_policy policy;
    policy.prefer = static_cast<preference>(test::draw(0, 4));
    policy.cascade.longest = test::draw<uint32_t>(1, 5);
    std::vector<candidate> models;
    for (auto left = test::draw(1, 12); left > 0; --left) {
      auto worst = test::draw<micro_usd>(0, 1'000'000);
      models.push_back(offer("m" + std::to_string(left),
                             test::draw(0, 101) / 100.0,
                             test::draw<micro_usd>(0, worst + 1), worst,
                             duration{test::draw(0, 60'000)}));
    }
    verifier check;
    check.cost = test::draw(0, 10'000);
    check.takes = duration{test::draw(0, 60'000)};
    check.finds = test::draw(0, 101) / 100.0;
    check.spares = test::draw(0, 101) / 100.0;
    check.shared = test::draw(0, 101) / 100.0;
    auto enough = test::draw(0, 101) / 100.0;
    auto lease = test::draw<micro_usd>(0, 3'000'000);
    auto x = plan_cascade(models, check, policy, enough, lease);
    if (!x) {
      for (auto& y : models)
        RC_ASSERT(y.worst_case > lease);
      return;
    }
    std::set<std::string> seen;
    micro_usd worst = 0;
    for (auto& y : x->order) {
      RC_ASSERT(seen.insert(y.model).second);
      worst += y.worst_case;
    }
    worst += static_cast<micro_usd>(x->order.size() - 1) * check.cost;
    RC_ASSERT(x->worst_case == worst);
    RC_ASSERT(worst <= lease);
    RC_ASSERT(x->expected <= x->worst_case);
    RC_ASSERT(x->order.size() <= policy.cascade.longest);
    RC_ASSERT(x->quality >= 0);
    RC_ASSERT(x->quality <= 1 + 1e-9);
    policy.cascade.on = false;
    auto alone = plan_cascade(models, check, policy, enough, lease);
    RC_ASSERT(alone);
    auto good = [&](const cascade& y) { return y.quality >= enough; };
    RC_ASSERT(good(*x) || !good(*alone));
    if (good(*x) && good(*alone))
      RC_ASSERT(x->utility >= alone->utility - 1e-9);
  }));
}

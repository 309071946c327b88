#include "actors/models/routing/course.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

/// What becomes of a call after its first try has failed: every kind of failure
/// under every policy, row by row.

namespace {

const timestamp begin{std::chrono::seconds{1'800'000'000}};

/// What a drawn pause is a half of its bound by.
constexpr uint64_t half = uint64_t{1} << 63;

/// How the first try ends.
struct failure {
  ec code = ec::none;
  bool accepted = false;
  int status = 0;
  std::optional<duration> retry_after{};
};

const failure too_many{ec::provider_rate_limited, false, 429, {}};
const failure too_many_1s{ec::provider_rate_limited, false, 429, 1s};
const failure too_many_30s{ec::provider_rate_limited, false, 429, 30s};
const failure too_many_10m{ec::provider_rate_limited, false, 429, 10min};
const failure failed_500{ec::provider_failed, false, 500, {}};
const failure busy_503{ec::provider_failed, false, 503, 20s};
const failure busy_529{ec::provider_failed, false, 529, {}};
const failure hangs{ec::timeout, true, 0, {}};
const failure garbage{ec::provider_garbled, true, 200, {}};
const failure cut{ec::provider_interrupted, true, 200, {}};
const failure too_long{ec::context_exceeded, false, 400, {}};
const failure refusal{ec::content_refused, false, 400, {}};
const failure bad_key{ec::provider_auth, false, 401, {}};
const failure unreachable{ec::unavailable, false, 0, {}};
const failure bad_address{ec::denied, false, 0, {}};
const failure wrong{ec::provider_rejected, false, 400, {}};
const failure gone{ec::provider_rejected, false, 404, {}};
const failure too_dear{ec::budget_exceeded, false, 0, {}};
const failure stopped{ec::cancelled, true, 0, {}};
const failure defect{ec::internal, true, 0, {}};

std::vector<course_candidate> three_models() {
  return {{"a", "p", 100'000, 300, true, {}},
          {"b", "p", 100'000, 200, true, {}},
          {"c", "q", 200'000, 400, true, {}}};
}

/// What a client has been given when the first try fails.
enum class given { nothing, text, tool_call };

/// `0s c` for "after no time, c is asked"; `~` where it goes on from the text
/// so far; what the client is told comes first, what is charged last.
std::string
outcome_of_failure(const failure& what, const course_rule& rule, given so_far,
                   std::vector<course_candidate> candidates = three_models()) {
  auto names = candidates;
  course x{rule, std::move(candidates), begin};
  auto now = begin;
  x.start(now);
  if (so_far != given::nothing) {
    now += 1s;
    x.began(0);
    x.passed_on(so_far == given::text ? piece_kind::text : piece_kind::other);
  }
  course_steps steps;
  if (what.code == ec::timeout && so_far == given::nothing) {
    now = *x.alarm();
    steps = x.tick(now, half);
    CHECK(steps.front() == course_step{stop_try{0}});
    steps.erase(steps.begin());
    // Its money is settled when it has really ended.
    auto late = x.ended(0, {make_error(ec::cancelled), true, false, 0, {}},
                        now + 1s, half);
    CHECK(late == course_steps{settle_try{0, payment::lease}});
  } else {
    steps = x.ended(0,
                    {make_error(what.code, "it failed"), what.accepted, false,
                     what.status, what.retry_after},
                    now, half);
    auto paid = what.accepted ? payment::lease : payment::nothing;
    CHECK(steps.front() == course_step{settle_try{0, paid}});
    steps.erase(steps.begin());
  }
  std::string result;
  auto failed_at = now;
  if (steps.empty() || std::holds_alternative<tell_client>(steps.back())) {
    REQUIRE(x.alarm());
    now = *x.alarm();
    auto more = x.tick(now, half);
    steps.insert(steps.end(), more.begin(), more.end());
  }
  for (auto& step : steps) {
    if (auto* told = std::get_if<tell_client>(&step)) {
      constexpr const char* words[] = {"resumed, ", "restarted, ", "ended, "};
      result += words[static_cast<size_t>(told->what)];
      CHECK(!told->text.empty());
    } else if (auto* next = std::get_if<start_try>(&step)) {
      auto wait = std::chrono::ceil<duration>(now - failed_at);
      result += std::to_string(wait.count()) + " "
              + names[next->candidate].model
              + (next->mode == try_mode::resume ? "~" : "");
      CHECK(next->number == 1);
    } else if (auto* end = std::get_if<give_up>(&step)) {
      result += to_string(code_of(end->why));
      CHECK(end->retry_after == what.retry_after);
      CHECK(x.over());
    }
  }
  return result;
}

struct before_row {
  const char* name;
  failure what;
  /// With other models, without them, and where nothing may be done twice.
  const char* on;
  const char* off;
  const char* harmful;
};

struct in_stream_row {
  const char* name;
  failure what;
  const char* resume;
  const char* restart;
  const char* fail;
};

} // namespace

TEST_CASE("a try that fails before it has begun leads where the table says") {
  const before_row rows[] = {
    {"429", too_many, "500 a", "500 a", "500 a"},
    {"429 for a second", too_many_1s, "1125 a", "1125 a", "1125 a"},
    {"429 for long", too_many_30s, "0 c", "33750 a", "0 c"},
    {"429 for too long", too_many_10m, "0 c", "provider_rate_limited", "0 c"},
    {"500", failed_500, "500 a", "500 a", "500 a"},
    {"503 for long", busy_503, "0 c", "22500 a", "0 c"},
    {"529", busy_529, "500 a", "500 a", "500 a"},
    {"hangs", hangs, "0 c", "500 a", "timeout"},
    {"garbage", garbage, "500 a", "500 a", "provider_garbled"},
    {"cut", cut, "500 a", "500 a", "provider_interrupted"},
    {"too long", too_long, "0 c", "context_exceeded", "0 c"},
    {"refused", refusal, "0 c", "content_refused", "0 c"},
    {"key refused", bad_key, "0 c", "provider_auth", "0 c"},
    {"unreachable", unreachable, "0 c", "500 a", "0 c"},
    {"address forbidden", bad_address, "0 c", "denied", "0 c"},
    {"wrong", wrong, "provider_rejected", "provider_rejected",
     "provider_rejected"},
    {"gone", gone, "0 b", "provider_rejected", "0 b"},
    {"too dear", too_dear, "0 b", "budget_exceeded", "0 b"},
    {"cancelled", stopped, "cancelled", "cancelled", "cancelled"},
    {"a defect", defect, "internal", "internal", "internal"},
  };
  for (auto& row : rows) {
    CAPTURE(row.name);
    course_rule rule;
    CHECK(outcome_of_failure(row.what, rule, given::nothing) == row.on);
    rule.fallback.on = false;
    CHECK(outcome_of_failure(row.what, rule, given::nothing) == row.off);
    rule.fallback.on = true;
    rule.again = repetition::harmful;
    CHECK(outcome_of_failure(row.what, rule, given::nothing) == row.harmful);
  }
}

TEST_CASE("a try that breaks off in mid-stream leads where the table says") {
  const in_stream_row rows[] = {
    {"cut", cut, "500 a~", "restarted, 500 a", "ended, provider_interrupted"},
    {"500", failed_500, "500 a~", "restarted, 500 a", "ended, provider_failed"},
    {"529 for long", busy_503, "resumed, 0 c~", "restarted, 0 c",
     "ended, provider_failed"},
    {"silence", hangs, "resumed, 0 c~", "restarted, 0 c", "ended, timeout"},
    {"garbage", garbage, "500 a~", "restarted, 500 a",
     "ended, provider_garbled"},
    {"lost", unreachable, "resumed, 0 c~", "restarted, 0 c",
     "ended, unavailable"},
    {"refused", refusal, "ended, content_refused", "restarted, 0 c",
     "ended, content_refused"},
    {"wrong", wrong, "ended, provider_rejected", "ended, provider_rejected",
     "ended, provider_rejected"},
    {"a defect", defect, "ended, internal", "ended, internal",
     "ended, internal"},
  };
  for (auto& row : rows) {
    CAPTURE(row.name);
    course_rule rule;
    rule.fallback.in_stream = stream_failover::resume;
    CHECK(outcome_of_failure(row.what, rule, given::text) == row.resume);
    rule.fallback.in_stream = stream_failover::restart;
    CHECK(outcome_of_failure(row.what, rule, given::text) == row.restart);
    rule.fallback.in_stream = stream_failover::fail;
    CHECK(outcome_of_failure(row.what, rule, given::text) == row.fail);
  }
}

TEST_CASE("without other models, the same goes on with what it began") {
  course_rule rule;
  rule.fallback.on = false;
  CHECK(outcome_of_failure(cut, rule, given::text) == "500 a~");
  CHECK(outcome_of_failure(hangs, rule, given::text) == "500 a~");
  rule.fallback.in_stream = stream_failover::restart;
  CHECK(outcome_of_failure(cut, rule, given::text) == "restarted, 500 a");
}

TEST_CASE("what may not be done twice ends where it broke off") {
  course_rule rule;
  rule.again = repetition::harmful;
  for (auto how : {stream_failover::resume, stream_failover::restart,
                   stream_failover::fail}) {
    rule.fallback.in_stream = how;
    CHECK(outcome_of_failure(cut, rule, given::text)
          == "ended, provider_interrupted");
  }
}

TEST_CASE("nobody goes on from a call of a tool") {
  course_rule rule;
  CHECK(outcome_of_failure(cut, rule, given::tool_call)
        == "ended, provider_interrupted");
  rule.fallback.in_stream = stream_failover::restart;
  CHECK(outcome_of_failure(cut, rule, given::tool_call) == "restarted, 500 a");
}

TEST_CASE("only models that can go on from a text do") {
  course_rule rule;
  auto models = three_models();
  models[0].continues = false;
  CHECK(outcome_of_failure(cut, rule, given::text, models) == "resumed, 0 c~");
  models[2].continues = false;
  CHECK(outcome_of_failure(cut, rule, given::text, models) == "resumed, 0 b~");
  models[1].continues = false;
  CHECK(outcome_of_failure(cut, rule, given::text, models)
        == "ended, provider_interrupted");
}

TEST_CASE("a refusal goes elsewhere only if the policy allows it") {
  course_rule rule;
  rule.fallback.on_refusal = false;
  CHECK(outcome_of_failure(refusal, rule, given::nothing) == "content_refused");
  rule.fallback.in_stream = stream_failover::restart;
  CHECK(outcome_of_failure(refusal, rule, given::text)
        == "ended, content_refused");
}

TEST_CASE("who is alone is asked again, or it ends") {
  course_rule rule;
  auto alone = [&](const failure& what) {
    return outcome_of_failure(what, rule, given::nothing,
                              {three_models().front()});
  };
  CHECK(alone(too_many) == "500 a");
  CHECK(alone(too_many_30s) == "33750 a");
  CHECK(alone(hangs) == "500 a");
  CHECK(alone(too_long) == "context_exceeded");
  CHECK(alone(bad_key) == "provider_auth");
  CHECK(alone(gone) == "provider_rejected");
}

TEST_CASE("a pause that would last beyond the deadline is not begun") {
  course_rule rule;
  rule.fallback.deadline = 20s;
  CHECK(outcome_of_failure(too_many_30s, rule, given::nothing) == "0 c");
  rule.fallback.on = false;
  CHECK(outcome_of_failure(too_many_30s, rule, given::nothing)
        == "provider_rate_limited");
}

#include "actors/models/routing/course.hpp"
#include "actors/models/routing/course_setup.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

/// What becomes of a call whose answer does not pass its check.

namespace {

const timestamp morning{std::chrono::seconds{1'800'000'000}};

/// The first of them is checked.
std::vector<course_candidate> checked_models() {
  return {{"a", "p", 100'000, 100, true, {}, true},
          {"b", "p", 100'000, 200, true, {}},
          {"c", "q", 200'000, 400, true, {}}};
}

const try_end rejected_answer{{}, true, true, 200, {}, true};
const try_end good_answer{{}, true, true, 200, {}, false};

try_end failing(ec code) {
  return {make_error(code, "it failed"), false, false, 400, {}};
}

/// `ask b`, `use 0` or the code of the error.
std::string said_by(const course_steps& steps,
                    const std::vector<course_candidate>& models) {
  std::string result;
  for (auto& step : steps)
    if (auto* next = std::get_if<start_try>(&step))
      result += "ask " + models[next->candidate].model;
    else if (auto* used = std::get_if<use_answer>(&step))
      result += "use " + std::to_string(used->number);
    else if (auto* end = std::get_if<give_up>(&step))
      result += to_string(code_of(end->why));
  return result;
}

enum class given_before { nothing, text };

std::string outcome_of_rejection(const course_rule& rule,
                                 const std::vector<course_candidate>& models,
                                 given_before so_far = given_before::nothing) {
  course x{rule, models, morning};
  x.start(morning);
  x.began(0);
  if (so_far == given_before::text)
    x.passed_on(piece_kind::text);
  auto steps = x.ended(0, rejected_answer, morning + 1s, 0);
  CHECK(steps.front() == course_step{settle_try{0, payment::counted}});
  CHECK(x.over() == (said_by(steps, models).find("use") == 0));
  return said_by(steps, models);
}

} // namespace

TEST_CASE("an answer that does not pass leads where the table says") {
  auto all = checked_models();
  auto unchecked = all;
  unchecked[0].is_checked = false;
  course_rule usual;
  course_rule once;
  once.fallback.tries = 1;
  course_rule alone;
  alone.fallback.on = false;
  course_rule harmful;
  harmful.again = repetition::harmful;
  struct {
    const char* name;
    course_rule rule;
    std::vector<course_candidate> models;
    given_before so_far;
    const char* leads_to;
  } rows[] = {
    {"it is checked", usual, all, given_before::nothing, "ask b"},
    {"nobody checks it", usual, unchecked, given_before::nothing, "use 0"},
    {"the client has it", usual, all, given_before::text, "use 0"},
    {"no try is left", once, all, given_before::nothing, "use 0"},
    {"nobody else", usual, {all[0]}, given_before::nothing, "use 0"},
    // It has not failed.
    {"none may take over from failures", alone, all, given_before::nothing,
     "ask b"},
    {"nothing may be done twice", harmful, all, given_before::nothing, "use 0"},
  };
  for (auto& row : rows) {
    CAPTURE(row.name);
    CHECK(outcome_of_rejection(row.rule, row.models, row.so_far)
          == row.leads_to);
  }
}

TEST_CASE("the answer of the next one is used") {
  auto models = checked_models();
  course x{{}, models, morning};
  x.start(morning);
  x.ended(0, rejected_answer, morning + 1s, 0);
  CHECK(x.ended(1, good_answer, morning + 2s, 0)
        == course_steps{settle_try{1, payment::counted}, use_answer{1}});
  // Of the last in a row it is taken as it is.
  course y{{}, models, morning};
  y.start(morning);
  y.ended(0, rejected_answer, morning + 1s, 0);
  CHECK(said_by(y.ended(1, rejected_answer, morning + 2s, 0), models)
        == "use 1");
}

TEST_CASE("a row of three is gone through in its order") {
  auto models = checked_models();
  models[1].is_checked = true;
  course x{{}, models, morning};
  x.start(morning);
  CHECK(said_by(x.ended(0, rejected_answer, morning, 0), models) == "ask b");
  CHECK(said_by(x.ended(1, rejected_answer, morning, 0), models) == "ask c");
  CHECK(said_by(x.ended(2, rejected_answer, morning, 0), models) == "use 2");
}

TEST_CASE("where nobody does better, what there is is used") {
  auto models = checked_models();
  course x{{}, models, morning};
  x.start(morning);
  x.ended(0, rejected_answer, morning + 1s, 0);
  CHECK(
    said_by(x.ended(1, failing(ec::provider_rejected), morning + 2s, 0), models)
    == "use 0");
  course late{{}, models, morning};
  late.start(morning);
  late.ended(0, rejected_answer, morning + 1s, 0);
  CHECK(said_by(late.tick(morning + 600s, 0), models) == "use 0");
  // Another one is asked first, but never the same again.
  course poor{{}, models, morning};
  poor.start(morning);
  poor.ended(0, rejected_answer, morning + 1s, 0);
  CHECK(said_by(poor.ended(1, failing(ec::content_refused), morning + 2s, 0),
                models)
        == "ask c");
  CHECK(
    said_by(poor.ended(2, failing(ec::provider_auth), morning + 3s, 0), models)
    == "use 0");
}

TEST_CASE("a client that goes away gets none of it") {
  auto models = checked_models();
  course x{{}, models, morning};
  x.start(morning);
  x.ended(0, rejected_answer, morning + 1s, 0);
  CHECK(said_by(x.cancel(), models) == "cancelled");
}

TEST_CASE("who is asked as well may answer for one that does not pass") {
  auto models = checked_models();
  models[0].hedge_after = 1s;
  course x{{}, models, morning};
  x.start(morning);
  CHECK(said_by(x.tick(morning + 1s, 0), models) == "ask c");
  CHECK(said_by(x.ended(0, rejected_answer, morning + 2s, 0), models).empty());
  CHECK(!x.over());
  CHECK(said_by(x.ended(1, good_answer, morning + 3s, 0), models) == "use 1");
}

TEST_CASE("a row of models comes first, in its order") {
  decision ranked;
  for (auto* id : {"a", "b", "c", "d"})
    ranked.candidates.emplace_back().model = id;
  cascade row;
  for (auto* id : {"c", "a"})
    row.order.emplace_back().model = id;
  row.why = "c, then a";
  put_first(ranked, row);
  std::string order;
  for (auto& x : ranked.candidates)
    order += x.model;
  CHECK(order == "cabd");
  CHECK(ranked.why == "c, then a");
}

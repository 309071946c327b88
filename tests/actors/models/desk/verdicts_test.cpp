#include "actors/models/desk/answer_check.hpp"
#include "tests/actors/models/desk/desk_under_test.hpp"

using namespace machine;
using namespace machine::models;
using namespace machine::test;

namespace {

constexpr const char* wants_city =
  R"({"type":"object","properties":{"city":{"type":"string"}},)"
  R"("required":["city"]})";

chat_order order_by_schema(desk_under_test& it, const std::string& model) {
  auto what = it.order(model);
  auto request = *what.request;
  request.output_schema = json_text{wants_city};
  what.request = std::make_shared<chat_request>(request);
  return what;
}

listener::result ask_by_schema(desk_under_test& it,
                               cache_use cache = cache_use::off) {
  auto by = std::make_shared<listener>();
  auto what = order_by_schema(it, "small");
  what.cache = cache;
  it.call(std::move(what), by);
  return by->wait();
}

/// What the desk has learned of *model* for jobs of no kind, of late.
evidence evidence_of(desk_under_test& it, const std::string& model) {
  auto knows = it.knows();
  auto found = knows.models.find(model);
  if (found == knows.models.end() || !found->second.jobs.contains("general"))
    return {};
  return found->second.jobs.at("general").by_size[0].lasting;
}

} // namespace

TEST_CASE("an answer is held against the schema, and the learner hears") {
  desk_under_test it;
  it.one->answer_with(R"({"city":"Oslo"})", {10, 0, 5});
  auto good = ask_by_schema(it);
  REQUIRE(good.answer);
  CHECK(good.facts.fits_schema == true);
  CHECK(evidence_of(it, "small").good == schema_weight);
  CHECK(evidence_of(it, "small").bad == 0);
  it.one->answer_with(R"({"town":"Oslo"})", {10, 0, 5});
  auto bad = ask_by_schema(it);
  REQUIRE(bad.answer);
  CHECK(bad.facts.fits_schema == false);
  CHECK(evidence_of(it, "small").bad == Approx(schema_weight));
  // A replay learns from it, too.
  CHECK(it.decision(good.facts.id).result.verdict.schema_valid == true);
  CHECK(it.decision(bad.facts.id).result.verdict.schema_valid == false);
  // What is asked for without a schema says nothing.
  it.call("small")->wait();
  CHECK(it.knows().outcomes == 2);
}

TEST_CASE("what does not satisfy the schema is not answered again") {
  desk_under_test it;
  it.one->answer_with("no JSON", {10, 0, 5});
  CHECK(!ask_by_schema(it, cache_use::on).facts.is_cached);
  CHECK(!ask_by_schema(it, cache_use::on).facts.is_cached);
  it.one->answer_with(R"({"city":"Oslo"})", {10, 0, 5});
  CHECK(!ask_by_schema(it, cache_use::on).facts.is_cached);
  CHECK(ask_by_schema(it, cache_use::on).facts.is_cached);
}

TEST_CASE("garbage counts against the model that it came from") {
  desk_under_test it;
  it.one->fail_with(ec::provider_garbled, true);
  auto end = it.call("auto")->wait();
  REQUIRE(end.answer);
  CHECK(end.facts.model == "big");
  CHECK(evidence_of(it, "small").good == 0);
  CHECK(evidence_of(it, "small").bad > 1);
  // Another failure says nothing of the model's answers.
  it.one->fail_with(ec::provider_failed, true);
  auto before = evidence_of(it, "small");
  it.call("auto")->wait();
  CHECK(evidence_of(it, "small") == before);
}

TEST_CASE("the schema that nobody can use says nothing of an answer") {
  chat_request asked;
  CHECK(!has_form(asked, "{}"));
  asked.output_schema = json_text{R"({"type":"no such type"})"};
  CHECK(!has_form(asked, "{}"));
  asked.output_schema = json_text{R"({"type":"object"})"};
  CHECK(has_form(asked, "{}") == true);
  CHECK(has_form(asked, "[]") == false);
  CHECK(has_form(asked, "{") == false);
  CHECK(!has_form(asked, std::string(max_checked_answer + 1, ' ')));
  asked.output_schema->text += std::string(max_checked_schema, ' ');
  CHECK(!has_form(asked, "{}"));
}

TEST_CASE("a client can say later what an answer was worth") {
  desk_under_test it;
  auto id = it.call("small")->wait().facts.id;
  CHECK(code_of(it.judge(id, true, {}, "umbrella")) == ec::not_found);
  CHECK(code_of(it.judge("d-no", true, {})) == ec::not_found);
  CHECK(it.knows().outcomes == 0);
  CHECK(!it.judge(id, true, {}));
  CHECK(evidence_of(it, "small").good == tests_weight);
  CHECK(!it.judge(id, true, {}));
  CHECK(it.knows().outcomes == 1);
  CHECK(!it.judge(id, {}, false));
  CHECK(evidence_of(it, "small").bad == 1);
  CHECK(code_of(it.judge(id, {}, true)) == ec::conflict);
  CHECK(it.knows().outcomes == 2);
}

TEST_CASE("a call that failed has no answer to judge") {
  desk_under_test it;
  it.one->fail_with(ec::provider_rejected, false);
  auto end = it.call("small")->wait();
  REQUIRE(!end.answer);
  CHECK(code_of(it.judge(end.facts.id, true, {})) == ec::not_found);
}

TEST_CASE("what was learned survives the machine") {
  desk_under_test it;
  auto id = it.call("small")->wait().facts.id;
  CHECK(!it.judge(id, false, true));
  auto before = it.knows();
  CHECK(before.outcomes == 1);
  it.restart();
  CHECK(it.knows() == before);
  CHECK(it.troubles().empty());
}

TEST_CASE("what was learned is written down each minute") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{desk_under_test::usual_policy(), clock};
  auto id = it.call("small")->wait().facts.id;
  CHECK(!it.judge(id, true, {}));
  it.advance(duration{59'000});
  CHECK(it.written() == learner{});
  it.advance(duration{1'000});
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  // It is written elsewhere.
  while (it.written() != it.knows())
    REQUIRE(std::chrono::steady_clock::now() < end);
  CHECK(it.troubles().empty());
}

TEST_CASE("damage of what was learned is told, and harms nothing else") {
  desk_under_test it;
  it.call("small")->wait();
  it.damage_lessons();
  CHECK(it.knows() == learner{});
  REQUIRE(it.troubles().size() == 1);
  CHECK(it.troubles()[0].find("is damaged, and is called")
        != std::string::npos);
  CHECK(it.call("small")->wait().answer);
}

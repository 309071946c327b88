#include "tests/gateway/api/api_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using test::api_under_test;
using test::has;
using test::json;

namespace {

constexpr const char* script = R"(
tokens_per_second: 100000
rules:
  - when: {user: "Say it"}
    say: said
)";

constexpr const char* talk = R"(
name: talk
steps:
  - {id: a, model: {prompt: Say it, model: demo, max_output_tokens: 1000}}
  - {id: b, needs: [a], model: {prompt: Say it, model: demo, max_output_tokens: 1000}}
)";

/// A machine with a budget.
struct with_budget : api_under_test {
  with_budget() : api_under_test(script) {}

  void set(const std::string& scope, const std::string& subject,
           micro_usd limit) const {
    json what{{"limit", std::to_string(limit)}, {"scope", scope}};
    if (!subject.empty())
      what["subject"] = subject;
    expect(200, "PUT", "/costs/budgets/b", what.dump());
  }

  orchestrator::run_state run(micro_usd budget) {
    return machine.wait_for_end(start(
      talk, {{"budget", budget}, {"tags", {"nightly"}}, {"model", "demo"}}));
  }

  json shown() const {
    return get("/costs/budgets/b");
  }
};

using orchestrator::run_result;

} // namespace

TEST_CASE("what a run spends counts for budgets that it is in, and is in "
          "reports") {
  with_budget it;
  auto scope = GENERATE(as<std::string>{}, "tenant", "project", "tag");
  it.set(scope,
         scope == "project" ? "default"
         : scope == "tag"   ? "nightly"
                            : "",
         1'000'000);
  auto end = it.run(500'000);
  REQUIRE(end.result == run_result::done);
  REQUIRE(end.spent > 0);
  auto spent = std::to_string(end.spent);
  CHECK(it.shown()["settled"] == spent);
  CHECK(it.shown()["leased"] == "0");
  auto report = it.get("/costs/report?by=run,tag,model");
  REQUIRE(report["rows"].size() == 1);
  CHECK(report["rows"][0]["of"]["tag"] == "nightly");
  CHECK(report["rows"][0]["of"]["model"] == "demo");
  CHECK(report["rows"][0]["sum"]["calls"] == "2");
  CHECK(report["total"]["cost"] == spent);
}

TEST_CASE("a run that does not fit into a budget does not begin") {
  with_budget it;
  it.set("tag", "nightly", 400'000);
  auto end = it.run(500'000);
  CHECK(end.result == run_result::failed);
  CHECK(end.code == "budget_exceeded");
  CHECK(has(end.message, "budget b"));
  CHECK(it.shown()["leased"] == "0");
  // One that does not count under it does.
  auto id = it.start(talk, {{"budget", 500'000}, {"model", "demo"}});
  CHECK(it.machine.wait_for_end(id).result == run_result::done);
  CHECK(it.shown()["settled"] == "0");
}

TEST_CASE("a budget of a model counts each call of a run, and reports count it "
          "once") {
  with_budget it;
  it.set("model", "demo", 1'000'000);
  auto end = it.run(500'000);
  REQUIRE(end.result == run_result::done);
  auto spent = std::to_string(end.spent);
  // Whoever holds the money tells of it after the run has gone on.
  auto late = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (it.shown()["settled"] != spent || it.shown()["leased"] != "0")
    REQUIRE(std::chrono::steady_clock::now() < late);
  CHECK(it.get("/costs/report")["total"]["cost"] == spent);
}

TEST_CASE("a model that has spent its budget is not called for a run") {
  with_budget it;
  it.set("model", "demo", 100);
  auto end = it.run(500'000);
  CHECK(end.result == run_result::failed);
  CHECK(end.code == "budget_exceeded");
  CHECK(has(end.message, "budget b"));
  CHECK(end.spent == 0);
}

TEST_CASE("a run has at most sixteen tags") {
  with_budget it;
  json tags = json::array();
  for (int i = 0; i < 17; ++i)
    tags.push_back("t" + std::to_string(i));
  json what{{"title", "x"}, {"workflow", talk}, {"tags", tags}};
  CHECK(has(it.problem(413, "POST", "/runs", what.dump()), "at most 16"));
}

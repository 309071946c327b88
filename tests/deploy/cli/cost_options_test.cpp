#include "deploy/cli/options.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/text.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::cli;

namespace {

using test::has;

std::variant<parsed_options, message_to_user>
parse_cost(std::vector<std::string> rest) {
  rest.insert(rest.begin(), {"themachine", "cost"});
  return parse_options(rest);
}

template <class T>
T cost_command(std::vector<std::string> rest) {
  auto x = parse_cost(std::move(rest));
  if (auto* message = std::get_if<message_to_user>(&x))
    FAIL(message->text);
  return std::get<T>(std::get<parsed_options>(x).what);
}

std::string cost_problem(std::vector<std::string> rest) {
  auto x = parse_cost(std::move(rest));
  auto* message = std::get_if<message_to_user>(&x);
  REQUIRE(message != nullptr);
  CHECK(message->exit_code == 2);
  return message->text;
}

} // namespace

TEST_CASE("a budget is understood with all its options") {
  auto x = cost_command<cost_budget_set>(
    {"budget", "set", "team", "--limit", "12.50", "--for", "project=shop",
     "--window", "month", "--kind", "soft", "--alert", "50", "--alert", "90"});
  CHECK(x.id == "team");
  CHECK(x.limit == 12'500'000);
  CHECK(x.scope == costs::budget_scope::project);
  CHECK(x.subject == "shop");
  CHECK(x.window == costs::budget_window::month);
  CHECK(!x.length);
  CHECK(x.kind == costs::budget_kind::soft);
  CHECK(x.alerts == std::vector<uint32_t>{50, 90});
  x = cost_command<cost_budget_set>(
    {"budget", "set", "all", "--for", "tenant", "--window", "12h"});
  CHECK(x.scope == costs::budget_scope::tenant);
  CHECK(x.window == costs::budget_window::rolling);
  CHECK(x.length == std::chrono::hours{12});
  CHECK(!x.limit);
  CHECK(cost_command<cost_budget_set>({"budget", "set", "a", "--no-alerts"})
          .no_alerts);
}

TEST_CASE("what cannot be a budget is refused with the option's name") {
  CHECK(has(cost_problem({"budget", "set", "a"}), "what is to change"));
  for (auto* bad : {"project", "project=", "tenant=x", "planet=mars", ""})
    CHECK(has(cost_problem({"budget", "set", "a", "--for", bad}), "--for"));
  CHECK(has(cost_problem({"budget", "set", "a", "--window", "rolling"}),
            "--window"));
  CHECK(has(cost_problem({"budget", "set", "a", "--limit", "-1"}), "--limit"));
  CHECK(has(cost_problem({"budget", "set", "a", "--alert", "0"}), "--alert"));
  cost_problem({"budget", "set", "a", "--alert", "5", "--no-alerts"});
  cost_problem({"budget", "show"});
}

TEST_CASE("a report is understood with all its options") {
  auto before = wall_clock();
  auto x = cost_command<cost_report>({"report", "--by", "model,day", "--since",
                                      "7d", "--until", "2027-01-31T09:00:00Z",
                                      "--project", "shop", "--csv"});
  CHECK(x.by == std::vector{costs::dimension::model, costs::dimension::day});
  REQUIRE(x.since);
  CHECK(*x.since >= before - std::chrono::hours{7 * 24});
  CHECK(*x.since <= wall_clock() - std::chrono::hours{7 * 24});
  CHECK(x.until == wire::parse_time("2027-01-31T09:00:00Z"));
  CHECK(x.project == "shop");
  CHECK(x.csv);
  CHECK(cost_command<cost_report>({"report"}).by
        == std::vector{costs::dimension::model});
  CHECK(has(cost_problem({"report", "--by", "modle"}), "did you mean model?"));
  CHECK(has(cost_problem({"report", "--since", "soon"}), "--since"));
  CHECK(has(cost_problem({"report", "--csv", "--json"}), "either"));
}

TEST_CASE("the other commands about costs are understood") {
  cost_command<cost_budget_list>({"budget", "list"});
  CHECK(cost_command<cost_budget_show>({"budget", "show", "a"}).id == "a");
  CHECK(cost_command<cost_budget_remove>({"budget", "remove", "a"}).id == "a");
  cost_command<cost_forecast>({"forecast"});
  auto top = cost_command<cost_top>(
    {"top", "--minutes", "5", "--limit", "3", "--watch"});
  CHECK(top.minutes == 5);
  CHECK(top.limit == 3);
  CHECK(top.watch);
  CHECK(has(cost_problem({"top", "--minutes", "0"}), "--minutes"));
  CHECK(has(cost_problem({"budget", "lst"}), "did you mean list?"));
}

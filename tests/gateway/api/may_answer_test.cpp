#include "gateway/api/may_answer.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using gateway::may_answer;
using gateway::principal;
using tenants::role;

namespace {

principal one_who(const std::string& id, std::optional<role> here,
                  std::optional<role> everywhere = std::nullopt) {
  principal result;
  result.id = id;
  result.everywhere = everywhere;
  if (here)
    result.projects["p"] = *here;
  return result;
}

orchestrator::interrupt question(std::optional<std::string> assignee,
                                 std::optional<std::string> named) {
  orchestrator::interrupt result;
  result.id = "q";
  result.assignee = std::move(assignee);
  result.role = std::move(named);
  return result;
}

bool may(const principal& who, const orchestrator::interrupt& what) {
  auto why = may_answer(who, "p", what);
  if (why)
    CHECK(code_of(why) == ec::denied);
  return !why;
}

} // namespace

TEST_CASE("a question for nobody in particular needs a developer") {
  auto open = question({}, {});
  CHECK(!may(one_who("ann", role::viewer), open));
  CHECK(may(one_who("ann", role::developer), open));
  CHECK(may(one_who("ann", {}, role::developer), open));
  CHECK(!may(one_who("ann", {}), open));
}

TEST_CASE("a question for somebody is theirs, and that of administrators") {
  auto hers = question("ann", {});
  CHECK(may(one_who("ann", role::viewer), hers));
  CHECK(!may(one_who("ann", {}), hers));
  CHECK(!may(one_who("bob", role::operator_role), hers));
  CHECK(may(one_who("bob", role::admin), hers));
  auto both = question("ann", "operator");
  CHECK(!may(one_who("ann", role::developer), both));
  CHECK(may(one_who("ann", role::operator_role), both));
}

TEST_CASE("a question for a role needs that role in its project") {
  auto steer = question({}, "operator");
  CHECK(!may(one_who("ann", role::developer), steer));
  CHECK(may(one_who("ann", role::operator_role), steer));
  CHECK(may(one_who("ann", role::viewer, role::operator_role), steer));
  auto look = question({}, "viewer");
  CHECK(may(one_who("ann", role::viewer), look));
  auto odd = question({}, "lord");
  CHECK(!may(one_who("ann", role::operator_role), odd));
  CHECK(may(one_who("ann", role::admin), odd));
}

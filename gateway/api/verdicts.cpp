#include "actors/models/desk/desk.hpp"
#include "gateway/api/ask.hpp"

/// What the answers of models were worth, which only their clients know.
namespace machine::gateway {

namespace {

struct verdict_request {
  std::optional<bool> tests_passed;
  /// By a person.
  std::optional<bool> accepted;

  static constexpr const char* wire_name = "verdict";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"tests_passed", &verdict_request::tests_passed},
      wire::field{"accepted", &verdict_request::accepted});
  }
};

void judge_answer(const scope& in, const http_request& request,
                  const verdict_request& body, const responder_ptr& reply) {
  if (!body.tests_passed && !body.accepted) {
    reply->problem(make_error(ec::invalid_argument,
                              "the verdict says nothing; set tests_passed or "
                              "accepted to true or false"));
    return;
  }
  models::verdict_order what;
  what.tenant = in.tenant();
  what.call = request.params.at("id");
  what.tests_passed = body.tests_passed;
  what.accepted = body.accepted;
  what.may = [in](const std::string& project) {
    return check_role(in, project, tenants::role::developer);
  };
  models::desk{in.orders()}.judge(std::move(what),
                                  [reply](const caf::error& why) {
                                    if (why)
                                      reply->problem(why);
                                    else
                                      reply_status(200, "learned", reply);
                                  });
}

} // namespace

void add_verdict_routes(route_table& to, const context_ptr& context) {
  to.push_back(api_route(
    context, "POST", "/api/v1/decisions/{id}/verdict",
    permission::somewhere(tenants::role::developer).unaudited(), {},
    "Says what the answer of a model was worth, by the id of its call",
    contract::gives<status_document>(), stay::brief, judge_answer));
}

} // namespace machine::gateway

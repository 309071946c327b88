#include "gateway/api/ask.hpp"
#include "gateway/api/may_answer.hpp"

/// Answers to the questions of runs.
namespace machine::gateway {

namespace {

using namespace orchestrator;

struct answer_request {
  std::optional<std::string> interrupt;
  json_text answer;

  static constexpr const char* wire_name = "answer";

  static constexpr auto fields() {
    return wire::members(wire::field{"interrupt", &answer_request::interrupt},
                         wire::field{"answer", &answer_request::answer});
  }
};

/// The question that *body* answers: the one that it names, or the only one.
caf::expected<const interrupt*> find_question(const run_state& now,
                                              const std::string& run,
                                              const answer_request& body) {
  if (body.interrupt) {
    auto i = now.interrupts.find(*body.interrupt);
    if (i == now.interrupts.end())
      return make_error(ec::not_found,
                        "run " + run + " has no question " + *body.interrupt);
    return &i->second;
  }
  const interrupt* result = nullptr;
  for (auto& [name, x] : now.interrupts) {
    if (x.phase != interrupt_phase::open)
      continue;
    if (result != nullptr)
      return make_error(ec::conflict,
                        "run " + run + " asks several things; name one");
    result = &x;
  }
  if (result == nullptr)
    return make_error(ec::conflict, "run " + run + " asks nothing");
  return result;
}

void answer(const scope& in, const http_request& request,
            const answer_request& body, const responder_ptr& reply) {
  auto& id = request.params.at("id");
  inspect<run>(in, id, reply, [=](const run_state& now) {
    auto what = find_question(now, id, body);
    auto problem =
      what ? may_answer(in.who(), now.created.project, **what) : what.error();
    if (problem) {
      reply->problem(problem);
      return;
    }
    ask<run>(in, id, answer_interrupt{(*what)->id, body.answer, in.who().id},
             reply, [reply](const entity::outcome<run>&) {
               reply_status(200, "answered", reply);
             });
  });
}

} // namespace

void add_answer_routes(route_table& to, const context_ptr& context) {
  to.push_back(api_route(context, "POST", "/api/v1/runs/{id}/answers",
                         permission::of_run(tenants::role::viewer), {},
                         "Answers a question, for whom it is meant",
                         contract::gives<status_document>(), stay::brief,
                         answer));
}

} // namespace machine::gateway

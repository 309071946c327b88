#include "gateway/api/ask.hpp"
#include "gateway/api/events.hpp"

/// Topics: what happens to everything of a kind in a tenant.
namespace machine::gateway {

namespace {

void topic_events(const scope& in, const http_request& request,
                  const responder_ptr& reply) {
  auto& name = request.params.at("topic");
  // This one has a route of its own.
  if (is_topic(name) && name != nodes_topic)
    reply_events(in, in.topic(name), request, reply);
  else
    reply->problem(no_topic(name));
}

} // namespace

void add_topic_routes(route_table& to, const context_ptr& context) {
  to.push_back(api_route(
    context, "GET", "/api/v1/topics/{topic}/events",
    permission::in_tenant(tenants::role::viewer), {"after", "limit"},
    "What happens to all runs, tasks, interrupts or costs, as a page or as a "
    "stream",
    topic_contract(), stay::blocking, topic_events));
  to.push_back(api_route(
    context, "GET", "/api/v1/topics/nodes/events",
    permission::of_machine(tenants::role::viewer), {"after", "limit"},
    "What becomes of the machine's processes, as a page or as a stream",
    topic_contract(), stay::blocking,
    [](const scope& in, const http_request& request,
       const responder_ptr& reply) {
      reply_events(in, in.topic(std::string{nodes_topic}), request, reply);
    }));
}

} // namespace machine::gateway

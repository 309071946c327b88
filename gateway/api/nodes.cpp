#include "gateway/api/ask.hpp"
#include "runtime/supervisor/status.hpp"
#include "runtime/wire/wire.hpp"

#include <unistd.h>

/// The processes of the machine, and the actors in them.
namespace machine::gateway {

namespace {

struct node_document {
  /// Another at each start.
  std::string id;
  std::vector<std::string> roles;
  std::string version;
  int32_t pid = 0;
  /// What steps may ask for with `runs_on`.
  std::vector<std::string> labels;
  /// Attempts that run at one time.
  uint64_t capacity = 0;
  /// Actors that live just now.
  uint64_t actors = 0;

  static constexpr const char* wire_name = "node";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &node_document::id},
                         wire::field{"roles", &node_document::roles},
                         wire::field{"version", &node_document::version},
                         wire::field{"pid", &node_document::pid},
                         wire::field{"labels", &node_document::labels},
                         wire::field{"capacity", &node_document::capacity},
                         wire::field{"actors", &node_document::actors});
  }
};

node_document document_of(const api_context& in) {
  auto& here = *in.machine;
  auto& system = here.actors().system;
  return {here.actors().id,
          {"control", "worker", "gateway"},
          in.version,
          ::getpid(),
          here.options().labels,
          here.options().capacity,
          system.registry().running()};
}

void list_nodes(const context_ptr& context, const http_request&,
                const responder_ptr& reply) {
  reply->json(200, page_document({wire::to_json(document_of(*context))}, ""));
}

/// Those that the supervisor keeps alive; entities come and go.
void list_actors(const context_ptr& context, const http_request& request,
                 const responder_ptr& reply) {
  auto& id = request.params.at("node");
  if (id != context->machine->actors().id) {
    reply->problem(make_error(ec::not_found, "there is no node " + id));
    return;
  }
  serve(scope{context, request.who}, reply, [=](caf::event_based_actor* self) {
    self
      ->request(context->machine->actors().supervisor, ask_patience,
                atom::inspect_v)
      .then(
        [=](const std::vector<supervision::child_status>& all) {
          std::vector<std::string> items;
          for (auto& x : all)
            items.push_back(wire::to_json(x));
          reply->json(200, page_document(items, ""));
        },
        [=](const caf::error& why) { reply->problem(why); });
  });
}

} // namespace

void add_node_routes(route_table& to, const context_ptr& context) {
  const auto viewers = permission::of_machine(tenants::role::viewer);
  to.push_back(machine_route(context, "GET", "/api/v1/nodes", viewers, {},
                             "The processes of the machine",
                             contract::gives<page_of<node_document>>(),
                             stay::brief, list_nodes));
  to.push_back(machine_route(
    context, "GET", "/api/v1/nodes/{node}/actors", viewers, {},
    "The actors that a node keeps alive, and how often each was started again",
    contract::gives<page_of<supervision::child_status>>(), stay::brief,
    list_actors));
}

} // namespace machine::gateway

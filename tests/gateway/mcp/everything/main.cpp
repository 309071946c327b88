#include "gateway/http/server.hpp"
#include "gateway/identity/principal.hpp"
#include "gateway/mcp/door.hpp"
#include "tests/gateway/mcp/everything/everything.hpp"

#include <sodium.h>

#include <iostream>

namespace {

using namespace machine;

/// Lets in everybody as the same one: the suite has no key.
class open_door final : public gateway::doorman {
public:
  void admit(const gateway::route&, const gateway::http_request&,
             std::function<void(gateway::admission)> then) override {
    gateway::admission result;
    auto who = std::make_shared<gateway::principal>();
    who->tenant = who->home = "suite";
    who->id = "anybody";
    result.who = std::move(who);
    then(std::move(result));
  }
};

} // namespace

/// Serves until the standard input ends; says where.
int main() {
  if (sodium_init() < 0)
    return 1;
  gateway::server_options options;
  options.door = std::make_shared<open_door>();
  gateway::route_table routes;
  gateway::mcp::door_options door;
  door.what = test::make_everything();
  gateway::mcp::add_routes(routes, std::move(door));
  auto server = gateway::server::listen(std::move(options), std::move(routes));
  if (!server) {
    std::cerr << render(server.error()) << '\n';
    return 1;
  }
  std::cout << "http://127.0.0.1:" << (*server)->port() << "/mcp" << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    continue;
  return 0;
}

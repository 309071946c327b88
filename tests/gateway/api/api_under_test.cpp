#include "tests/gateway/api/api_under_test.hpp"

#include "actors/node/actors.hpp"
#include "gateway/api/api.hpp"
#include "gateway/api/entrance.hpp"

namespace machine::test {

gateway::password_rules api_under_test::cheap() {
  gateway::password_rules result;
  result.hash = {1, 8};
  result.slow.free = 1'000;
  return result;
}

api_under_test::api_under_test(std::string script,
                               const gateway::password_rules& rules,
                               const unusual& how)
    : machine(std::move(script), how.store),
      server(routes(rules, how.context),
             [this, &how](gateway::server_options& x) {
               x.door = gateway::make_entrance(context, "sesame");
               if (how.server)
                 how.server(x);
             }),
      contract_(gateway::make_routes(context)) {}

raw_answer api_under_test::ask(const std::string& method,
                               const std::string& path, const std::string& body,
                               const std::string& headers) const {
  auto target = "/api/v1" + path;
  auto answer = server.ask(server.request(method, target, headers, body));
  INFO(method << " " << target << " " << body << "\n" << answer.body);
  if (method != "HEAD" && answer.status != 304)
    CHECK(contract_.find_breach(method, target, body, answer) == "");
  return answer;
}

json api_under_test::expect(int status, const std::string& method,
                            const std::string& path, const std::string& body,
                            const std::string& headers) const {
  auto answer = ask(method, path, body, headers);
  INFO(method << " " << path << " " << body << "\n" << answer.body);
  REQUIRE(answer.status == status);
  if (status >= 400)
    CHECK(answer.is_problem());
  return json::parse(answer.body);
}

json api_under_test::get(const std::string& path) const {
  return expect(200, "GET", path);
}

std::string api_under_test::problem(int status, const std::string& method,
                                    const std::string& path,
                                    const std::string& body,
                                    const std::string& headers) const {
  return expect(status, method, path, body, headers)["detail"];
}

std::string api_under_test::start(const std::string& workflow, json more,
                                  const std::string& headers) const {
  more["workflow"] = workflow;
  if (!more.contains("title"))
    more["title"] = "do it";
  return expect(201, "POST", "/runs", more.dump(), headers)["id"];
}

void api_under_test::wait_for_questions(const std::string& id, size_t count) {
  machine.wait(id, [count](auto& now) {
    size_t open = 0;
    for (auto& [name, x] : now.interrupts)
      open += x.phase == orchestrator::interrupt_phase::open ? 1 : 0;
    return open == count;
  });
}

raw_client api_under_test::follow(const std::string& id, uint64_t after,
                                  const std::string& headers) const {
  auto client = server.connect();
  if (!client.send(server.request(
        "GET", "/api/v1/runs/" + id + "/events?after=" + std::to_string(after),
        "Accept: text/event-stream\r\n" + headers)))
    FAIL("the server hung up");
  return client;
}

gateway::route_table
api_under_test::routes(const gateway::password_rules& rules,
                       const std::function<void(gateway::api_context&)>& how) {
  auto made = std::make_shared<gateway::api_context>();
  context = made;
  made->machine = &machine.node();
  made->keys =
    std::make_shared<gateway::key_ring>(machine.node().options().engine);
  made->passwords = std::make_shared<gateway::password_desk>(made->keys, rules);
  made->vault = std::make_shared<secrets::vault>(
    machine.node().options().engine,
    secrets::master_keys{secrets::make_master_key()},
    [](auto&) { return caf::error{}; });
  gateway::issuer_keys_options issuers;
  issuers.http = http;
  issuers.addresses = net::address_policy::public_and_loopback;
  issuers.post = [pool = machine.node().actors().pool](auto job) {
    return pool->post(std::move(job));
  };
  issuers.clock = [this] { return later.now(); };
  made->outside = std::make_shared<gateway::issuer_keys>(std::move(issuers));
  made->version = "1.2.3";
  made->workflows["feature"] = quick;
  made->config = R"([{"key":"gateway.port","value":"1","origin":"flag",)"
                 R"("default":"7300","unit":"","doc":"Where it listens"}])";
  made->stop = [this] { stopping.open(); };
  if (how)
    how(*made);
  return gateway::make_routes(made);
}

} // namespace machine::test

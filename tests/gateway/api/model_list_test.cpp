#include "tests/gateway/api/people.hpp"

#include <set>

using namespace machine;
using test::json;
using test::people_under_test;

namespace {

constexpr const char* three_models = R"(
[provider.here]
protocol = "openai"
url = "http://127.0.0.1:1/v1"
local = true
[provider.away]
protocol = "openai"
url = "http://127.0.0.1:2/v1"
[provider.unset]
protocol = "openai"
url = "http://127.0.0.1:3/v1"
key_env = "NO_SUCH_KEY"
[model.small]
provider = "here"
context = 1000
price = { input = "1", output = "1" }
[model.large]
provider = "away"
context = 1000
price = { input = "1", output = "1" }
[model.locked]
provider = "unset"
context = 1000
price = { input = "1", output = "1" }
)";

void put_models(people_under_test& it) {
  auto listed = models::load_catalogue({}, three_models, "models.toml");
  REQUIRE(listed);
  models::model_stock stock;
  stock.listed = *listed;
  stock.unusable["unset"] = "no key: set NO_SUCH_KEY";
  stock.policies["acme"].where = models::locality::local_only;
  stock.policies["umbrella"].denied_models = {"small"};
  it.machine.node().options().models->put(std::move(stock));
}

std::set<std::string> listed_for(const people_under_test& it,
                                 const std::string& headers) {
  auto answer = it.server.ask(it.server.request("GET", "/v1/models", headers));
  REQUIRE(answer.status == 200);
  std::set<std::string> result;
  auto list = json::parse(answer.body);
  for (auto& x : list["data"])
    result.insert(x["id"]);
  return result;
}

using names = std::set<std::string>;

} // namespace

TEST_CASE("clients see the models that their tenant may call, and no other") {
  people_under_test it;
  for (auto* tenant : {"acme", "umbrella"})
    it.make_tenant(tenant);
  put_models(it);
  for (std::string form : {"", "anthropic-version: 2023-06-01\r\n"}) {
    CHECK(listed_for(it, form) == names{"small", "large"});
    CHECK(listed_for(it, form + "X-Tenant: acme\r\n") == names{"small"});
    CHECK(listed_for(it, form + "X-Tenant: umbrella\r\n") == names{"large"});
  }
}

TEST_CASE("a model that is not in the list is not shown by its name") {
  people_under_test it;
  it.make_tenant("acme");
  put_models(it);
  auto status_of = [&](const std::string& id, const std::string& headers) {
    return it.server.ask(it.server.request("GET", "/v1/models/" + id, headers))
      .status;
  };
  CHECK(status_of("large", "") == 200);
  CHECK(status_of("large", "X-Tenant: acme\r\n") == 404);
  CHECK(status_of("small", "X-Tenant: acme\r\n") == 200);
  CHECK(status_of("locked", "") == 404);
  // Whoever wants to know why sees all of them, with the reason.
  CHECK(it.get("/models/locked")["reason"] == "no key: set NO_SUCH_KEY");
}

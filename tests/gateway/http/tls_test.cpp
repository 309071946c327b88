#include "runtime/net/client.hpp"
#include "tests/gateway/http/server_under_test.hpp"
#include "tests/support/directory.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace machine;
using test::server_under_test;

namespace {

timestamp today() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(
    std::chrono::system_clock::now());
}

std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct secure {
  test::temporary_directory dir;
  gateway::tls_files files{dir / "certificate.pem", dir / "key.pem"};
  net::client http;
  std::optional<server_under_test> server;

  explicit secure(const std::vector<std::string>& names) {
    REQUIRE(!gateway::ensure_certificate(files, names, today()));
    server.emplace(test::plain_routes(), [&](gateway::server_options& x) {
      x.tls = files;
      x.handshake_deadline = duration{200};
    });
  }

  caf::expected<net::response> ask(const std::string& method,
                                   const std::string& target,
                                   const std::string& authorities,
                                   std::string body = "") {
    net::request what;
    what.method = method;
    what.url = "https://127.0.0.1:" + std::to_string(server->port()) + target;
    what.headers = {{"Authorization", "Bearer sesame"}};
    what.body = std::move(body);
    what.addresses = net::address_policy::any;
    what.ca_file = authorities;
    return http.fetch(std::move(what));
  }
};

} // namespace

TEST_CASE("requests are answered over TLS, many on one connection") {
  secure it{{"127.0.0.1", "localhost"}};
  std::string large(900, 'x');
  for (int i = 0; i < 20; ++i) {
    auto answer = it.ask("POST", "/echo", it.files.certificate, large);
    REQUIRE(answer);
    CHECK(answer->head.status == 200);
    CHECK(answer->body == large);
  }
  auto refused = it.ask("POST", "/nowhere", it.files.certificate, large);
  REQUIRE(refused);
  CHECK(refused->head.status == 404);
}

TEST_CASE("a certificate that was made here is good for its names alone") {
  secure it{{"machine.example"}};
  CHECK(!it.ask("GET", "/hello", it.files.certificate));
}

TEST_CASE("who does not know the certificate does not talk to the machine") {
  secure it{{"127.0.0.1"}};
  auto answer = it.ask("GET", "/hello", "");
  REQUIRE(!answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
}

TEST_CASE("a client that does not speak TLS is closed") {
  secure it{{"127.0.0.1"}};
  auto plain = it.server->connect();
  REQUIRE(plain.send(it.server->request("GET", "/hello")));
  CHECK(plain.read_all().find("HTTP") == std::string::npos);
  auto silent = it.server->connect();
  CHECK(silent.read_all().empty());
}

TEST_CASE("a certificate is kept while it is good, and its key is secret") {
  test::temporary_directory dir;
  gateway::tls_files files{dir / "certificate.pem", dir / "key.pem"};
  auto make = [&](const std::vector<std::string>& names, timestamp now) {
    REQUIRE(!gateway::ensure_certificate(files, names, now));
    return content_of(files.certificate);
  };
  auto first = make({"localhost"}, today());
  CHECK(make({"localhost"}, today()) == first);
  CHECK(make({"localhost"}, today() + std::chrono::hours{24 * 300}) == first);
  auto wider = make({"localhost", "machine.example"}, today());
  CHECK(wider != first);
  CHECK(make({"localhost"}, today()) == wider);
  CHECK(make({"localhost"}, today() + std::chrono::hours{24 * 340}) != wider);
  auto mode = std::filesystem::status(files.key).permissions();
  CHECK((mode & std::filesystem::perms::group_all) == std::filesystem::perms{});
  CHECK((mode & std::filesystem::perms::others_all)
        == std::filesystem::perms{});
}

TEST_CASE("files that are no certificate are refused by name") {
  test::temporary_directory dir;
  gateway::tls_files files{dir / "certificate.pem", dir / "key.pem"};
  REQUIRE(!gateway::ensure_certificate(files, {"localhost"}, today()));
  gateway::tls_files other{dir / "other.pem", dir / "other_key.pem"};
  REQUIRE(!gateway::ensure_certificate(other, {"localhost"}, today()));
  auto problem = [](const gateway::tls_files& given) {
    gateway::server_options options;
    options.tls = given;
    auto made = gateway::server::listen(options, {});
    REQUIRE(!made);
    CHECK(code_of(made.error()) == ec::invalid_argument);
    return message_of(made.error());
  };
  CHECK(problem({dir / "missing.pem", files.key}).find("missing.pem")
        != std::string::npos);
  CHECK(problem({files.certificate, files.certificate}).find("the key")
        != std::string::npos);
  CHECK(problem({files.certificate, other.key}).find("key values mismatch")
        != std::string::npos);
}

#include "deploy/cli/options.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::cli;

namespace {

std::variant<parsed_options, message_to_user>
parse_access(std::vector<std::string> rest) {
  rest.insert(rest.begin(), "themachine");
  return parse_options(rest);
}

template <class T>
T access_command(std::vector<std::string> rest) {
  auto x = parse_access(std::move(rest));
  if (auto* message = std::get_if<message_to_user>(&x))
    FAIL(message->text);
  auto* result = std::get_if<T>(&std::get<parsed_options>(x).what);
  REQUIRE(result != nullptr);
  return *result;
}

std::string access_problem(std::vector<std::string> rest) {
  auto x = parse_access(std::move(rest));
  auto* result = std::get_if<message_to_user>(&x);
  REQUIRE(result != nullptr);
  CHECK(result->exit_code == 2);
  return result->text;
}

} // namespace

TEST_CASE("somebody is let in with roles in the tenant and in projects") {
  auto x = access_command<principal_create>(
    {"principal", "create", "ann", "--role", "viewer", "--project-role",
     "shop=admin", "--project-role", "board=developer", "--name", "Ann"});
  CHECK(x.id == "ann");
  CHECK(x.role == "viewer");
  CHECK(x.name == "Ann");
  CHECK(!x.service);
  CHECK(x.projects
        == std::map<std::string, std::string>{{"board", "developer"},
                                              {"shop", "admin"}});
  CHECK(test::has(
    access_problem({"principal", "create", "ann", "--role", "king"}), "king"));
  CHECK(test::has(access_problem({"principal", "create", "ann",
                                  "--project-role", "shop=king"}),
                  "is no role"));
  auto role = access_command<principal_role>(
    {"principal", "role", "ann", "none", "--project", "shop"});
  CHECK(role.role == "none");
  CHECK(role.project == "shop");
}

TEST_CASE("a password is no word of the command line") {
  CHECK(!access_command<principal_password>({"principal", "password"}).id);
  CHECK(access_command<principal_password>({"principal", "password", "ann"}).id
        == "ann");
  access_problem({"principal", "password", "ann", "secret"});
  CHECK(
    test::has(access_problem({"principal", "password", "--password", "secret"}),
              "no option"));
}

TEST_CASE("a key has a role, a project and a life at most") {
  auto x = access_command<key_create>({"key", "create", "--principal", "ci",
                                       "--role", "developer", "--project",
                                       "shop", "--expires", "30d"});
  CHECK(x.principal == "ci");
  CHECK(x.role == "developer");
  CHECK(x.project == "shop");
  CHECK(x.life == duration{std::chrono::hours{24 * 30}});
  CHECK(
    access_command<key_rotate>({"key", "rotate", "k1", "--grace", "12h"}).grace
    == duration{std::chrono::hours{12}});
  CHECK(test::has(access_problem({"key", "create", "--expires", "soon"}),
                  "length of time"));
}

TEST_CASE("every command may go elsewhere, as somebody, in a tenant") {
  auto x = parse_access({"task", "list", "--url", "https://m.example", "--key",
                         "tm_x", "--tenant", "acme", "--ca-file", "c.pem"});
  auto* parsed = std::get_if<parsed_options>(&x);
  REQUIRE(parsed != nullptr);
  CHECK(parsed->global.url == "https://m.example");
  CHECK(parsed->global.key == "tm_x");
  CHECK(parsed->global.tenant == "acme");
  CHECK(parsed->global.ca_file == "c.pem");
  // The key of a signal is its own.
  auto signal =
    access_command<run_signal>({"run", "signal", "r-1", "go", "--key", "once"});
  CHECK(signal.key == "once");
}

TEST_CASE("a secret is named, and its value is no word of a command line") {
  CHECK(access_command<secret_set>({"secret", "set", "KEY"}).name == "KEY");
  CHECK(access_command<secret_remove>({"secret", "rm", "KEY"}).name == "KEY");
  CHECK(access_command<secret_list>({"secret", "list", "--limit", "7"}).limit
        == 7);
  access_command<secret_rotate>({"secret", "rotate"});
  access_problem({"secret", "set", "KEY", "value"});
  access_problem({"secret", "set", "KEY", "--value", "value"});
  access_problem({"secret", "set", ".."});
  access_problem({"secret", "set"});
}

#include "actors/tenants/check.hpp"
#include "tests/gateway/api/people.hpp"

using namespace machine;
using tenants::role;
using test::json;
using test::people_under_test;
using test::raw_answer;

namespace {

constexpr const char* good = "correct horse battery";
constexpr const char* in_acme = "X-Tenant: acme\r\n";

/// A machine where people have passwords.
class door_of_people : public people_under_test {
public:
  explicit door_of_people(const gateway::password_rules& rules = cheap())
      : people_under_test(test::no_rules, rules) {
    make_tenant("acme");
    make("acme", "ann", role::developer);
    set("ann", good);
  }

  void set(const std::string& who, const std::string& password) const {
    expect(200, "POST", "/principals/" + who + "/password",
           json{{"password", password}}.dump(), in_acme);
  }

  raw_answer sign_in(const std::string& tenant, const std::string& who,
                     const std::string& password) const {
    return ask_as(
      nullptr, "POST", "/api/v1/sessions",
      json{{"tenant", tenant}, {"principal", who}, {"password", password}}
        .dump());
  }

  /// Ann, with a session.
  test::person session_of_ann(const std::string& password = good) const {
    auto answer = sign_in("acme", "ann", password);
    INFO(answer.body);
    REQUIRE(answer.status == 201);
    return {"ann",
            "acme",
            role::developer,
            {},
            json::parse(answer.body)["token"].get<std::string>()};
  }

  int status_of(const test::person& who,
                const std::string& target = "/me") const {
    return ask_as(&who, "GET", "/api/v1" + target).status;
  }
};

} // namespace

TEST_CASE("who knows the password gets a session, until they sign out") {
  door_of_people it;
  auto answer = it.sign_in("acme", "ann", good);
  REQUIRE(answer.status == 201);
  CHECK(answer.header("set-cookie").empty());
  CHECK(answer.header("cache-control") == "no-store");
  auto made = json::parse(answer.body);
  CHECK(made["session"]["kind"] == "session");
  CHECK(made["session"]["principal"] == "ann");
  CHECK(made["session"].contains("expires_at"));
  CHECK(answer.body.find("hash") == std::string::npos);
  test::person ann{"ann", "acme", role::developer, {}, made["token"]};
  CHECK(ann.secret.starts_with("tms_acme_"));
  auto me = json::parse(it.ask_as(&ann, "GET", "/api/v1/me").body);
  CHECK(me["id"] == "ann");
  CHECK(me["role"] == "developer");
  auto other = it.session_of_ann();
  auto listed = json::parse(it.ask_as(&ann, "GET", "/api/v1/sessions").body);
  REQUIRE(listed["items"].size() == 2);
  for (auto& x : listed["items"])
    CHECK(x["current"] == (x["id"] == made["session"]["id"]));
  CHECK(it.ask_as(&ann, "DELETE", "/api/v1/sessions/current").status == 200);
  CHECK(it.status_of(ann) == 401);
  CHECK(it.status_of(other) == 200);
  auto third = it.session_of_ann();
  CHECK(it.ask_as(&other, "DELETE", "/api/v1/sessions").status == 200);
  CHECK(it.status_of(other) == 401);
  CHECK(it.status_of(third) == 401);
}

TEST_CASE("whatever is wrong with a sign-in, answer and work are the same") {
  door_of_people it;
  it.make("acme", "bob", role::admin);
  it.make("acme", "shut", role::viewer);
  it.set("shut", good);
  it.expect(200, "POST", "/principals/shut/disable", "", in_acme);
  it.expect(201, "POST", "/principals",
            json{{"id", "robot"}, {"kind", "service"}}.dump(), in_acme);
  it.make_tenant("closed");
  it.expect(201, "POST", "/principals", json{{"id", "cat"}}.dump(),
            "X-Tenant: closed\r\n");
  it.expect(200, "POST", "/principals/cat/password",
            json{{"password", good}}.dump(), "X-Tenant: closed\r\n");
  it.expect(200, "POST", "/tenants/closed/suspend");
  auto& desk = *it.context->passwords;
  auto first = it.sign_in("acme", "ann", "wrong horse battery");
  CHECK(first.status == 401);
  struct {
    std::string tenant;
    std::string who;
    std::string password;
  } tries[]{
    {"nobody-has-this", "ann", good},
    {"No Tenant!", "ann", good},
    {"system", "ann", good},
    {"acme", "nobody", good},
    {"acme", "", good},
    {"acme", std::string(5'000, 'x'), good},
    {"acme", "bob", good},
    {"acme", "robot", good},
    {"acme", "shut", good},
    {"closed", "cat", good},
    {"acme", "ann", ""},
    {"acme", "ann", std::string(2'000, 'x')},
    {"../acme", "ann", good},
    {"acme", "ann\n", good},
  };
  for (auto& x : tries) {
    INFO(x.tenant << " " << x.who.substr(0, 20));
    auto before = desk.hashes();
    auto answer = it.sign_in(x.tenant, x.who, x.password);
    CHECK(answer.status == first.status);
    CHECK(answer.body == first.body);
    CHECK(answer.headers.size() == first.headers.size());
    CHECK(desk.hashes() == before + 1);
  }
  auto before = desk.hashes();
  it.session_of_ann();
  CHECK(desk.hashes() == before + 1);
}

TEST_CASE("who guesses has to wait, whether there is somebody or not") {
  auto rules = door_of_people::cheap();
  rules.slow.free = 2;
  rules.slow.first_delay = duration{60'000};
  door_of_people it{rules};
  auto guess = [&](const std::string& who) {
    for (int i = 0; i < 3; ++i)
      CHECK(it.sign_in("acme", who, "wrong horse battery").status == 401);
    auto before = it.context->passwords->hashes();
    auto answer = it.sign_in("acme", who, good);
    CHECK(answer.status == 429);
    auto wait = std::stoi(answer.header("retry-after"));
    CHECK(wait > 0);
    CHECK(wait <= 60);
    // Who has to wait costs nothing.
    CHECK(it.context->passwords->hashes() == before);
    return answer.body;
  };
  auto there = guess("ann");
  door_of_people other{rules};
  auto before = other.context->passwords->hashes();
  for (int i = 0; i < 3; ++i)
    CHECK(other.sign_in("acme", "nobody", good).status == 401);
  auto answer = other.sign_in("acme", "nobody", good);
  CHECK(answer.status == 429);
  CHECK(answer.body == there);
  CHECK(other.context->passwords->hashes() == before + 3);
}

TEST_CASE("when too many are being checked, others come back later") {
  auto rules = door_of_people::cheap();
  people_under_test it{test::no_rules, [&] {
                         rules.at_once = 0;
                         rules.most_waiting = 0;
                         rules.slow.free = 2;
                         return rules;
                       }()};
  // More often than somebody may fail: it counts for nothing.
  for (int i = 0; i < 10; ++i) {
    auto answer =
      it.ask_as(nullptr, "POST", "/api/v1/sessions",
                json{{"principal", "ann"}, {"password", good}}.dump());
    CHECK(answer.status == 503);
    CHECK(answer.header("retry-after") == "1");
  }
  CHECK(it.context->passwords->hashes() == 0);
}

TEST_CASE("a password is changed by who knows the old one") {
  door_of_people it;
  auto ann = it.session_of_ann();
  auto change = [&](const test::person& who, const std::string& from,
                    const std::string& to) {
    return it.ask_as(&who, "POST", "/api/v1/me/password",
                     json{{"old", from}, {"new", to}}.dump());
  };
  CHECK(change(ann, "wrong horse battery", "another horse battery").status
        == 401);
  CHECK(it.status_of(ann) == 200);
  auto weak = change(ann, good, "short");
  CHECK(weak.status == 400);
  CHECK(weak.body.find("10 characters") != std::string::npos);
  CHECK(change(ann, good, "my name is ann, yes").status == 400);
  CHECK(change(ann, good, "another horse battery").status == 200);
  CHECK(it.status_of(ann) == 401);
  CHECK(it.sign_in("acme", "ann", good).status == 401);
  auto again = it.session_of_ann("another horse battery");
  it.set("ann", good);
  CHECK(it.status_of(again) == 401);
  CHECK(it.status_of(it.session_of_ann()) == 200);
  // Who runs the machine has no password.
  it.problem(400, "POST", "/me/password",
             json{{"old", good}, {"new", "another horse battery"}}.dump());
}

TEST_CASE("nobody but an administrator sets passwords or ends sessions") {
  door_of_people it;
  auto bob = it.make("acme", "bob", role::operator_role);
  auto root = it.make("acme", "root", role::admin);
  auto ann = it.session_of_ann();
  auto body = json{{"password", "another horse battery"}}.dump();
  CHECK(it.ask_as(&bob, "POST", "/api/v1/principals/ann/password", body).status
        == 403);
  auto id = json::parse(it.ask_as(&ann, "GET", "/api/v1/me").body)["key"]
              .get<std::string>();
  CHECK(it.ask_as(&bob, "DELETE", "/api/v1/sessions/" + id).status == 404);
  CHECK(it.status_of(ann) == 200);
  CHECK(it.ask_as(&bob, "GET", "/api/v1/sessions").body.find(id)
        == std::string::npos);
  // A key is no session, though it is one's own.
  CHECK(it.ask_as(&bob, "DELETE", "/api/v1/sessions/current").status == 404);
  CHECK(it.ask_as(&root, "DELETE", "/api/v1/sessions/" + id).status == 200);
  CHECK(it.status_of(ann) == 401);
}

TEST_CASE("no password and no token stands in the log, or in an address") {
  door_of_people it;
  auto ann = it.session_of_ann();
  auto stored = it.machine.node().engine().read(
    {"tenant", tenants::system_tenant, "acme"}, 1, 1'000, 1u << 20);
  REQUIRE(stored);
  REQUIRE(stored->size() > 3);
  // Which may have an underscore, too.
  auto secret = ann.secret.substr(ann.secret.size() - 43);
  for (auto& x : *stored) {
    CHECK(as_text(x.payload).find(good) == std::string_view::npos);
    CHECK(as_text(x.payload).find(secret) == std::string_view::npos);
  }
  CHECK(it.ask_as(nullptr, "POST", "/api/v1/sessions?password=x", "{}").status
        == 400);
  CHECK(it.ask_as(nullptr, "POST", "/api/v1/sessions", std::string(20'000, ' '))
          .status
        == 413);
}

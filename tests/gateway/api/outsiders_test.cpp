#include "tests/gateway/api/people.hpp"
#include "tests/runtime/net/server.hpp"
#include "tests/runtime/security/issuer.hpp"

#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <atomic>

using namespace machine;
using tenants::role;
using test::json;
using test::people_under_test;
using test::raw_answer;

namespace {

constexpr const char* at_acme = "X-Tenant: acme\r\n";

int64_t second_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
           wall_clock().time_since_epoch())
    .count();
}

/// What an issuer publishes, and how it answers.
struct published {
  std::mutex mutex;
  std::string keys;
  std::string status = "200 OK";
  std::string headers;
  /// Says nothing until this is opened.
  std::shared_ptr<test::gate> silence;
  std::atomic<size_t> asked{0};

  void set(const std::vector<std::string>& all) {
    std::string list;
    for (auto& x : all)
      list += (list.empty() ? "" : ",") + x;
    std::lock_guard guard{mutex};
    keys = R"({"keys":[)" + list + "]}";
  }

  void answer_with(const std::string& other, std::string body = "no") {
    std::lock_guard guard{mutex};
    status = other;
    keys = std::move(body);
  }

  void serve(test::connection& to) {
    while (to.read_request()) {
      ++asked;
      std::unique_lock guard{mutex};
      auto wait = silence;
      guard.unlock();
      if (wait)
        wait->wait();
      guard.lock();
      to.write("HTTP/1.1 " + status
               + "\r\nContent-Length: " + std::to_string(keys.size()) + "\r\n"
               + headers + "\r\n" + keys);
    }
  }
};

/// A machine whose tenant `acme` believes an issuer.
class issuer_at_the_door {
public:
  issuer_at_the_door() {
    what.set({test::p256_key().jwk(), test::rsa_key().jwk()});
    it.make_tenant("acme");
    it.make_tenant("umbrella");
    it.expect(201, "POST", "/issuers", issuer().dump(), at_acme);
  }

  json issuer() const {
    return {{"id", "okta"},
            {"issuer", "https://issuer.example"},
            {"audience", "machine"},
            {"algorithms", {"ES256", "RS256"}},
            {"jwks_url", server.url("/keys")},
            {"role_claim", "realm.roles"},
            {"roles", {{"eng", "developer"}, {"boss", "admin"}}}};
  }

  /// Claims that are taken, with *more* and without what is null in it.
  static json claims(const json& more = json::object()) {
    json result{{"iss", "https://issuer.example"},
                {"aud", "machine"},
                {"sub", "ada"},
                {"exp", second_now() + 600},
                {"realm", {{"roles", {"staff", "eng"}}}}};
    result.merge_patch(more);
    return result;
  }

  static std::string
  token(const json& what = claims(),
        const std::string& header = R"({"alg":"ES256","kid":"p256"})",
        const test::issuer_key& key = test::p256_key(),
        const std::string& algorithm = "ES256") {
    return test::token_of(header, what.dump(), key, algorithm);
  }

  raw_answer ask(const std::string& bearer,
                 const std::string& headers = at_acme,
                 const std::string& target = "/api/v1/me") const {
    return it.ask_as(nullptr, "GET", target, "",
                     "Authorization: Bearer " + bearer + "\r\n" + headers);
  }

  published what;
  test::server server{[this](test::connection& x) { what.serve(x); }};
  people_under_test it;
};

} // namespace

TEST_CASE("who an issuer vouches for comes in with the role it gives") {
  issuer_at_the_door door;
  auto answer = door.ask(door.token());
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  auto me = json::parse(answer.body);
  CHECK(me["id"] == "okta:ada");
  CHECK(me["tenant"] == "acme");
  CHECK(me["role"] == "developer");
  CHECK(!me.contains("key"));
  CHECK(door.ask(door.token(), at_acme, "/api/v1/runs").status == 200);
  CHECK(door.ask(door.token(), at_acme, "/api/v1/principals").status == 403);
  // Keys are fetched once, whoever comes with which algorithm.
  auto rsa = door.token(door.claims(), R"({"alg":"RS256","kid":"rsa"})",
                        test::rsa_key(), "RS256");
  CHECK(door.ask(rsa).status == 200);
  CHECK(door.what.asked == 1);
  // An administrator does what one of the tenant does, under their own name.
  auto boss =
    door.token(door.claims({{"sub", "a b/ü"}, {"realm", {{"roles", "boss"}}}}));
  auto made = door.it.ask_as(
    nullptr, "POST", "/api/v1/principals", R"({"id":"eve"})",
    "Authorization: Bearer " + boss + "\r\n" + std::string{at_acme});
  INFO(made.body);
  CHECK(made.status == 201);
  CHECK(json::parse(made.body)["created_by"].get<std::string>().starts_with(
    "okta:~"));
}

TEST_CASE("a token opens the tenant whose issuer it is of, and no other") {
  issuer_at_the_door door;
  CHECK(door.ask(door.token(), "X-Tenant: umbrella\r\n").status == 401);
  CHECK(door.ask(door.token(), "X-Tenant: nobody\r\n").status == 401);
  CHECK(door.ask(door.token(), "X-Tenant: ../acme\r\n").status == 401);
  CHECK(door.ask(door.token(), "").status == 401);
  door.it.expect(200, "POST", "/tenants/acme/suspend");
  CHECK(door.ask(door.token()).status == 401);
  door.it.expect(200, "POST", "/tenants/acme/resume");
  CHECK(door.ask(door.token()).status == 200);
  door.it.expect(200, "DELETE", "/issuers/okta", "", at_acme);
  CHECK(door.ask(door.token()).status == 401);
}

TEST_CASE(
  "one of an issuer is nobody of the tenant, whatever they are called") {
  issuer_at_the_door door;
  auto ada = door.it.make("acme", "ada", role::developer);
  auto key = json::parse(door.it.ask_as(&ada, "GET", "/api/v1/me").body)["key"]
               .get<std::string>();
  auto listed = door.ask(door.token(), at_acme, "/api/v1/keys");
  CHECK(listed.status == 200);
  CHECK(listed.body.find(key) == std::string::npos);
  auto revoked = door.it.ask_as(nullptr, "DELETE", "/api/v1/keys/" + key, "",
                                "Authorization: Bearer " + door.token() + "\r\n"
                                  + std::string{at_acme});
  CHECK(revoked.status == 404);
  CHECK(door.it.ask_as(&ada, "GET", "/api/v1/me").status == 200);
}

TEST_CASE("no token that is wrong comes in, and all hear the same") {
  issuer_at_the_door door;
  REQUIRE(door.ask(door.token()).status == 200);
  auto now = second_now();
  auto with = [&](const json& more) { return door.token(door.claims(more)); };
  auto header = [&](const std::string& x) {
    return door.token(door.claims(), x);
  };
  auto good = door.token();
  auto tampered = good;
  auto at = good.find('.') + 5;
  tampered[at] = tampered[at] == 'A' ? 'B' : 'A';
  auto other_signature = good;
  other_signature[good.size() - 10] = good[good.size() - 10] == 'A' ? 'B' : 'A';
  auto body = [&](const std::string& x) { return test::to_base64url(x); };
  auto unsigned_by = [&](const std::string& alg) {
    return body(R"({"alg":")" + alg + R"(","kid":"p256"})") + "."
         + body(door.claims().dump()) + ".";
  };
  // Who knows the public key signs with it as if it were a shared secret.
  auto confused = [&](const std::string& secret) {
    auto text =
      body(R"({"alg":"HS256","kid":"rsa"})") + "." + body(door.claims().dump());
    std::array<unsigned char, 32> mac{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         mac.data(), &size);
    return text + "." + test::to_base64url(bytes_view{mac.data(), size});
  };
  auto* out = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PUBKEY(out, test::rsa_key().get()) == 1);
  char* data = nullptr;
  auto size = BIO_get_mem_data(out, &data);
  std::string pem{data, static_cast<size_t>(size)};
  BIO_free(out);
  auto strange = test::strange_key().jwk();
  auto twice = door.claims().dump();
  twice.insert(1, R"("sub":"root",)");
  auto two_heads = std::string{R"({"alg":"none","alg":"ES256","kid":"p256"})"};
  std::map<std::string, std::string> wrong{
    {"nonsense", "a.b.c"},
    {"dots", ".."},
    {"tampered", tampered},
    {"other signature", other_signature},
    {"no signature", good.substr(0, good.rfind('.') + 1)},
    {"alg none", unsigned_by("none") + "AA"},
    {"alg None", unsigned_by("None")},
    {"HS256 with PEM", confused(pem)},
    {"HS256 with JWK", confused(test::rsa_key().jwk())},
    {"HS256 with nothing", confused("")},
    {"not allowed", door.token(door.claims(), R"({"alg":"RS512","kid":"rsa"})",
                               test::rsa_key(), "RS512")},
    {"of another key",
     door.token(door.claims(), R"({"alg":"ES256","kid":"p256"})",
                test::strange_key())},
    {"brings its key",
     door.token(door.claims(),
                R"({"alg":"ES256","kid":"p256","jwk":)" + strange + "}",
                test::strange_key())},
    {"brings its key unnamed",
     door.token(door.claims(), R"({"alg":"ES256","jwk":)" + strange + "}",
                test::strange_key())},
    {"says where its key is", header(R"({"alg":"ES256","kid":"p256","jku":")"
                                     + door.server.url("/evil") + R"("})")},
    {"x5u", header(R"({"alg":"ES256","kid":"p256","x5u":"https://evil"})")},
    {"x5c", header(R"({"alg":"ES256","kid":"p256","x5c":["AA"]})")},
    {"crit", header(R"({"alg":"ES256","kid":"p256","crit":["b64"]})")},
    {"kid a path", header(R"({"alg":"ES256","kid":"../../../dev/null"})")},
    {"kid SQL", header(R"({"alg":"ES256","kid":"' OR 1=1 --"})")},
    {"kid a number", header(R"({"alg":"ES256","kid":1})")},
    {"two algs", header(two_heads)},
    {"two subs", test::token_of(R"({"alg":"ES256","kid":"p256"})", twice,
                                test::p256_key(), "ES256")},
    {"expired", with({{"exp", now - 600}})},
    {"no end", with({{"exp", nullptr}})},
    {"not yet", with({{"nbf", now + 600}})},
    {"issued later", with({{"iat", now + 600}})},
    {"wrong audience", with({{"aud", "another"}})},
    {"no audience", with({{"aud", nullptr}})},
    {"wrong issuer", with({{"iss", "https://issuer.example/"}})},
    {"no issuer", with({{"iss", nullptr}})},
    {"no subject", with({{"sub", nullptr}})},
    {"subject a list", with({{"sub", {"ada"}}})},
    {"huge", with({{"more", std::string(7'000, 'x')}})},
  };
  auto said = door.ask("a.b.c");
  CHECK(said.status == 401);
  for (auto& [name, token] : wrong) {
    INFO(name);
    auto answer = door.ask(token);
    CHECK(answer.status == 401);
    CHECK(answer.body == said.body);
  }
  // Nobody went where a token said, and unknown names cost one fetch in all.
  CHECK(door.what.asked <= 2);
  CHECK(door.ask(std::string(20'000, 'x')).status == 431);
  // Whom the issuer vouches for without a role has none.
  CHECK(door.ask(with({{"realm", nullptr}})).status == 403);
  CHECK(door.ask(with({{"realm", {{"roles", {1, "king"}}}}})).status == 403);
  CHECK(door.ask(good).status == 200);
}

TEST_CASE("an issuer that changes its keys is asked again, now and then") {
  issuer_at_the_door door;
  REQUIRE(door.ask(door.token()).status == 200);
  auto next = door.token(door.claims(), R"({"alg":"ES256","kid":"strange"})",
                         test::strange_key());
  CHECK(door.ask(next).status == 401);
  auto asked = door.what.asked.load();
  door.what.set({test::strange_key().jwk()});
  // Names that are made up do not have it asked all the time.
  for (int i = 0; i < 20; ++i)
    CHECK(door
            .ask(door.token(door.claims(), R"({"alg":"ES256","kid":"n)"
                                             + std::to_string(i) + "\"}"))
            .status
          == 401);
  CHECK(door.what.asked == asked);
  door.it.later += std::chrono::minutes{2};
  CHECK(door.ask(next).status == 200);
  CHECK(door.what.asked == asked + 1);
  // The old key is gone with the issuer's word for it.
  CHECK(door.ask(door.token()).status == 401);
}

TEST_CASE("an issuer that fails keeps its keys for a day, and no longer") {
  issuer_at_the_door door;
  door.what.answer_with("500 Internal Server Error");
  auto answer = door.ask(door.token());
  CHECK(answer.status == 503);
  CHECK(door.what.asked == 1);
  // It is not asked for each token.
  CHECK(door.ask(door.token()).status == 503);
  CHECK(door.what.asked == 1);
  door.it.later += std::chrono::minutes{1};
  door.what.answer_with("200 OK");
  door.what.set({test::p256_key().jwk()});
  CHECK(door.ask(door.token()).status == 200);
  for (auto* bad : {"404 Not Found", "301 Moved Permanently", "200 OK"}) {
    door.what.answer_with(bad, R"({"no":"keys"})");
    door.it.later += std::chrono::hours{2};
    CHECK(door.ask(door.token()).status == 200);
  }
  // More than anybody wants to read.
  door.what.answer_with("200 OK", std::string(1u << 20, ' '));
  door.it.later += std::chrono::hours{2};
  CHECK(door.ask(door.token()).status == 200);
  door.it.later += std::chrono::hours{48};
  CHECK(door.ask(door.token()).status == 503);
}

TEST_CASE("many tokens at once have the keys fetched once") {
  issuer_at_the_door door;
  door.what.silence = std::make_shared<test::gate>();
  // Assertions are for one thread, and making a token has some.
  auto token = door.token();
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  std::atomic<int> begun{0};
  for (int i = 0; i < 10; ++i)
    clients.emplace_back([&] {
      auto text = "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: "
                  "close\r\nAuthorization: Bearer "
                + token + "\r\n" + at_acme + "\r\n";
      auto client = door.it.server.connect();
      client.send(text);
      good += client.read().status == 200 ? 1 : 0;
    });
  // Others are served meanwhile.
  CHECK(door.it.ask("GET", "/me").status == 200);
  door.what.silence->open();
  for (auto& x : clients)
    x.join();
  CHECK(good == 10);
  CHECK(door.what.asked == 1);
}

TEST_CASE(
  "keys may stand in the issuer itself, and are none of a secret kind") {
  issuer_at_the_door door;
  auto fixed = door.issuer();
  fixed["id"] = "own";
  fixed["audience"] = "fixed";
  fixed.erase("jwks_url");
  fixed["jwks"] = {{"keys", {json::parse(test::p256_key().jwk())}}};
  fixed["default_role"] = "viewer";
  door.it.expect(201, "POST", "/issuers", fixed.dump(), at_acme);
  auto answer =
    door.ask(door.token(door.claims({{"aud", "fixed"}, {"realm", nullptr}})));
  INFO(answer.body);
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body)["role"] == "viewer");
  CHECK(door.what.asked == 0);
  auto wrong = door.issuer();
  wrong["id"] = "wrong";
  wrong["audience"] = "x";
  for (auto* name : {"HS256", "none", "ES256K"}) {
    wrong["algorithms"] = {name};
    door.it.problem(400, "POST", "/issuers", wrong.dump(), at_acme);
  }
  wrong["algorithms"] = {"ES256"};
  wrong["jwks_url"] = "http://keys.example/";
  door.it.problem(400, "POST", "/issuers", wrong.dump(), at_acme);
  wrong["jwks_url"] = "file:///etc/passwd";
  door.it.problem(400, "POST", "/issuers", wrong.dump(), at_acme);
  auto listed = door.it.expect(200, "GET", "/issuers", "", at_acme);
  CHECK(listed["items"].size() == 2);
}

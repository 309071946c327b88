#include "tests/actors/tenants/tenant_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

token_issuer issuer_of(const std::string& id) {
  token_issuer x;
  x.id = id;
  x.issuer = "https://" + id + ".example.org";
  x.audience = "themachine";
  x.algorithms = {"RS256", "ES256"};
  x.jwks_url = "https://" + id + ".example.org/keys";
  return x;
}

/// The code with which an issuer is refused that *edit* has changed.
template <class Fn>
ec refused_with(Fn edit) {
  auto x = issuer_of("idp");
  edit(x);
  auto refused = check_issuer(x);
  return refused ? code_of(refused) : ec::none;
}

ec refused_url(const std::string& url) {
  return refused_with([&](auto& x) { x.jwks_url = url; });
}

ec refused_jwks(const std::string& text) {
  return refused_with([&](auto& x) {
    x.jwks_url.reset();
    x.jwks = json_text{text};
  });
}

} // namespace

TEST_CASE("an issuer is added and removed; the same again changes nothing") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(add_issuer{issuer_of("idp"), "root"}));
  CHECK(it.state.issuers.at("idp") == issuer_of("idp"));
  REQUIRE(!it.give(add_issuer{issuer_of("idp"), "root"}));
  CHECK(it.events.empty());
  auto other = issuer_of("idp");
  other.audience = "another";
  CHECK(it.code_for(add_issuer{other, "root"}) == ec::conflict);
  REQUIRE(!it.give(remove_issuer{"idp", "root"}));
  CHECK(it.code_for(remove_issuer{"idp", "root"}) == ec::not_found);
  CHECK(!it.give(add_issuer{other, "root"}));
}

TEST_CASE("no two issuers are the same to a token") {
  tenant_under_test it;
  it.make();
  REQUIRE(!it.give(add_issuer{issuer_of("idp"), "root"}));
  auto other = issuer_of("idp");
  other.id = "other";
  CHECK(it.code_for(add_issuer{other, "root"}) == ec::conflict);
  other.audience = "another";
  CHECK(!it.give(add_issuer{other, "root"}));
}

TEST_CASE("a tenant has at most 16 issuers") {
  tenant_under_test it;
  it.make();
  for (size_t i = 0; i < max_issuers; ++i)
    REQUIRE(!it.give(add_issuer{issuer_of("i" + std::to_string(i)), "root"}));
  CHECK(it.code_for(add_issuer{issuer_of("more"), "root"})
        == ec::limit_exceeded);
}

TEST_CASE("tokens are signed with private keys alone") {
  for (auto* name : {"none", "HS256", "EdDSA", "rs256", "", "RS256 "}) {
    INFO(name);
    CHECK(refused_with([&](auto& x) { x.algorithms = {name}; })
          == ec::invalid_argument);
  }
  CHECK(refused_with([](auto& x) { x.algorithms.clear(); })
        == ec::invalid_argument);
  CHECK(refused_with([](auto& x) {
          x.algorithms = {"RS256", "RS256"};
        })
        == ec::invalid_argument);
  CHECK(refused_with([](auto& x) {
          x.algorithms = {"RS256", "RS384", "RS512", "PS256", "PS384",
                          "PS512", "ES256", "ES384", "ES512"};
        })
        == ec::none);
}

TEST_CASE("keys of an issuer come over TLS, or from this machine") {
  for (auto* url :
       {"https://idp.example.org/keys", "https://idp.example.org:8443/k?a=b",
        "https://[2001:db8::1]/keys", "http://localhost:8080/keys",
        "http://127.0.0.1/keys", "http://[::1]:8080/keys",
        "https://example.org/a@b"}) {
    INFO(url);
    CHECK(refused_url(url) == ec::none);
  }
  for (auto* url : {"",
                    "idp.example.org",
                    "ftp://idp.example.org",
                    "file:///etc/passwd",
                    "HTTPS://idp.example.org",
                    "http://idp.example.org/keys",
                    "http://localhost.example.org/",
                    "http://localhost@example.org/",
                    "http://127.0.0.1.example.org/",
                    "https://user:pw@example.org/",
                    "http://localhost:80@example.org/",
                    "http://[::1]@example.org/",
                    "http://[::1].example.org/",
                    "http://[::1]x:80/",
                    "http://example.org#localhost",
                    "https://",
                    "https:///keys",
                    "https://:443/keys",
                    "https://host:port/",
                    "https://host:/",
                    "https://host:123456/",
                    "https://[::1/keys",
                    "https://a b/",
                    "https://a\\b/",
                    "https://a\n/",
                    "http://localhost\\@example.org/"}) {
    INFO(url);
    CHECK(refused_url(url) == ec::invalid_argument);
  }
  CHECK(refused_url("https://a/" + std::string(max_url, 'x'))
        == ec::invalid_argument);
}

TEST_CASE("an issuer has its keys, or says where they are") {
  CHECK(refused_with([](auto& x) { x.jwks_url.reset(); })
        == ec::invalid_argument);
  CHECK(refused_with([](auto& x) { x.jwks = json_text{R"({"keys":[]})"}; })
        == ec::invalid_argument);
  CHECK(refused_jwks(R"({"keys":[{"kty":"RSA"}]})") == ec::none);
  for (auto* text : {"", "{", "null", "[]", "{}", R"({"keys":{}})", "3"}) {
    INFO(text);
    CHECK(refused_jwks(text) == ec::invalid_argument);
  }
  CHECK(refused_jwks(R"({"keys":[],"x":")" + std::string(max_jwks, 'x') + "\"}")
        == ec::limit_exceeded);
  CHECK(refused_jwks(std::string(100, '[')) == ec::limit_exceeded);
}

TEST_CASE("a claim gives roles by its values, within bounds") {
  auto refused = [](auto edit) {
    return refused_with([&](auto& x) {
      x.role_claim = "groups";
      x.roles = {{"devs", role::developer}};
      x.default_role = role::viewer;
      edit(x);
    });
  };
  CHECK(refused([](auto&) {}) == ec::none);
  CHECK(refused([](auto& x) { x.role_claim.reset(); }) == ec::invalid_argument);
  CHECK(refused([](auto& x) { x.role_claim = ""; }) == ec::invalid_argument);
  CHECK(refused([](auto& x) { x.roles.clear(); }) == ec::invalid_argument);
  CHECK(refused([](auto& x) { x.roles[""] = role::admin; })
        == ec::invalid_argument);
  CHECK(refused([](auto& x) {
          x.roles[std::string(max_claim_text + 1, 'x')] = role::admin;
        })
        == ec::invalid_argument);
  CHECK(refused([](auto& x) {
          for (size_t i = 0; i < max_claim_values; ++i)
            x.roles["g" + std::to_string(i)] = role::viewer;
        })
        == ec::invalid_argument);
}

TEST_CASE("names of issuers and audiences are bounded") {
  for (auto& text : {std::string{}, std::string(max_url + 1, 'x'),
                     std::string{"a\tb"}, std::string{"\xC3"}}) {
    CHECK(refused_with([&](auto& x) { x.issuer = text; })
          == ec::invalid_argument);
    CHECK(refused_with([&](auto& x) { x.audience = text; })
          == ec::invalid_argument);
  }
  CHECK(refused_with([](auto& x) { x.id = "a b"; }) == ec::invalid_argument);
}

#include "runtime/security/api_key.hpp"
#include "tests/runtime/security/samples.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

using namespace machine;
using namespace machine::security;
using namespace machine::test;

namespace {

constexpr auto counting = [] {
  std::array<uint8_t, token_random_bytes> result{};
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<uint8_t>(i);
  return result;
}();

constexpr auto counting_secret = std::span{counting}.last<secret::size>();

std::string draw_tenant() {
  std::string result{static_cast<char>('a' + draw(0, 26))};
  for (auto left = draw(0, 32); left > 0; --left)
    result += "abcdefghijklmnopqrstuvwxyz0123456789-"[draw(0, 37)];
  return result;
}

bool same(bytes_view x, bytes_view y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

} // namespace

TEST_CASE("a key says whose it is, and its hash is BLAKE2b of its secret") {
  auto made = make_api_key("acme", counting);
  REQUIRE(made);
  CHECK(made->text
        == "tm_acme_7g1a02c02800_"
           "CAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJic");
  CHECK(made->id == "7g1a02c02800");
  CHECK(made->hash
        == "2486918e0d84473a36c45163051d04677cf74b849bfcf2d7468cfc7c5a181bea");
}

TEST_CASE("what was made is taken apart again, and is matched by its hash") {
  CHECK(rc::check([] {
    auto random = draw_bytes<token_random_bytes>();
    auto tenant = draw_tenant();
    auto kind = chance(2) ? token_kind::api_key : token_kind::session;
    auto made = make_api_key(tenant, random, kind);
    RC_ASSERT(made);
    RC_ASSERT(made->text.size() <= max_token_bytes);
    RC_ASSERT(
      made->text.starts_with(kind == token_kind::session ? "tms_" : "tm_"));
    auto parsed = parse_api_key(made->text);
    RC_ASSERT(parsed);
    RC_ASSERT(parsed->kind == kind);
    RC_ASSERT(parsed->tenant == tenant);
    RC_ASSERT(parsed->id == made->id);
    RC_ASSERT(same(parsed->secret.view(), std::span{random}.last<32>()));
    RC_ASSERT(matches(made->hash, parsed->secret));
  }));
}

TEST_CASE("a token with one bit changed is no token, or matches nothing") {
  CHECK(rc::check([] {
    auto made = make_api_key(draw_tenant(), draw_bytes<token_random_bytes>());
    RC_ASSERT(made);
    auto secret_at = made->text.size() - 43;
    auto text = made->text;
    auto at = draw<size_t>(0, text.size());
    text[at] = static_cast<char>(text[at] ^ (1 << draw(0, 8)));
    auto parsed = parse_api_key(text);
    // What finds the key has changed, or what opens it.
    if (parsed && at >= secret_at)
      RC_ASSERT(!matches(made->hash, parsed->secret));
    if (parsed && at < secret_at)
      RC_ASSERT(!made->text.starts_with("tm_" + parsed->tenant + "_"
                                        + parsed->id + "_"));
  }));
}

TEST_CASE("a token has one spelling") {
  auto made = make_api_key("acme", counting);
  REQUIRE(made);
  auto text = made->text;
  REQUIRE(text.back() == 'c');
  // The last character has two bits more than there are.
  for (auto other : {'d', 'e', 'f'}) {
    text.back() = other;
    CHECK(!parse_api_key(text));
  }
}

TEST_CASE("what is no token is none, whatever it is") {
  auto made = make_api_key("acme", counting);
  REQUIRE(made);
  for (size_t i = 0; i < made->text.size(); ++i) {
    CHECK(!parse_api_key(std::string_view{made->text}.substr(0, i)));
    CHECK(!parse_api_key(std::string_view{made->text}.substr(i + 1)));
  }
  CHECK(!parse_api_key(made->text + "A"));
  CHECK(!parse_api_key(" " + made->text));
  auto tail = made->text.substr(made->text.find('_', 3));
  CHECK(parse_api_key("tm_a" + tail));
  for (auto head : {"tm_", "tm_1a", "tm_A", "tm_a.b", "tm__", "tmx_a", "TM_a"})
    CHECK(!parse_api_key(head + tail));
  CHECK(!parse_api_key("tm_" + std::string(33, 'a') + tail));
  CHECK(!parse_api_key(std::string(1 << 20, 'a')));
  CHECK(rc::check("random text", [] {
    CHECK(!parse_api_key(*rc::gen::string<std::string>()));
  }));
}

TEST_CASE("a tenant whose name would not fit gets no key") {
  for (auto tenant : {"", "1a", "-a", "A", "a_b", "ä", "\xFF"}) {
    auto made = make_api_key(tenant, counting);
    REQUIRE(!made);
    CHECK(code_of(made.error()) == ec::invalid_argument);
  }
  CHECK(make_api_key(std::string(32, 'a'), counting));
  CHECK(!make_api_key(std::string(33, 'a'), counting));
}

TEST_CASE("what is no hash matches no secret") {
  auto key = secret{counting_secret};
  auto hash = hash_secret(key);
  CHECK(matches(hash, key));
  CHECK(!matches("", key));
  CHECK(!matches(hash.substr(1), key));
  CHECK(!matches(hash + "0", key));
  std::string upper = hash;
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  CHECK(!matches(upper, key));
  for (size_t i = 0; i < hash.size(); ++i) {
    auto other = hash;
    other[i] = other[i] == '0' ? '1' : '0';
    CHECK(!matches(other, key));
  }
}

TEST_CASE("a secret is gone from where it was") {
  alignas(secret) std::array<uint8_t, sizeof(secret)> place{};
  auto* key = new (place.data()) secret{counting_secret};
  REQUIRE(place[0] == 8);
  key->~secret();
  CHECK(place == std::array<uint8_t, sizeof(secret)>{});
}

#include "runtime/security/sealed.hpp"

#include "tests/support/text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

using namespace machine;
using namespace machine::security;

namespace {

master_key key_of(uint8_t x) {
  std::array<uint8_t, secret::size> all{};
  all.fill(x);
  return master_key{secret{all}};
}

std::array<uint8_t, seal_random_bytes> bits_of(uint8_t from) {
  std::array<uint8_t, seal_random_bytes> result{};
  for (auto& x : result)
    x = from++;
  return result;
}

const secret_subject shop{"acme", "shop", 3};

/// Whether the value of *x* cannot be had.
bool is_shut(const master_key& under, const secret_subject& about,
             const sealed_secret& x) {
  return unseal(under, about, x) == nullptr;
}

} // namespace

TEST_CASE("what is sealed opens with the same key and subject, and no other") {
  auto one = key_of(1);
  auto x = seal(one, shop, "the value", bits_of(7));
  CHECK(x.master == one.id());
  auto opened = unseal(one, shop, x);
  REQUIRE(opened != nullptr);
  CHECK(opened->text == "the value");
  CHECK(is_shut(key_of(2), shop, x));
  CHECK(is_shut(one, {"acm", "eshop", 3}, x));
  CHECK(is_shut(one, {"umbrella", "shop", 3}, x));
  CHECK(is_shut(one, {"acme", "door", 3}, x));
  CHECK(is_shut(one, {"acme", "shop", 4}, x));
  CHECK(!test::has(as_text(x.content), "the value"));
}

TEST_CASE("no part of a sealed secret can be changed or moved") {
  auto one = key_of(1);
  auto x = seal(one, shop, "the value", bits_of(7));
  auto y = seal(one, shop, "another value", bits_of(99));
  for (auto part : {&sealed_secret::data_key, &sealed_secret::content}) {
    for (size_t i = 0; i < (x.*part).size(); ++i) {
      auto changed = x;
      (changed.*part)[i] ^= 1;
      CHECK(is_shut(one, shop, changed));
    }
    auto mixed = x;
    mixed.*part = y.*part;
    CHECK(is_shut(one, shop, mixed));
    auto cut = x;
    (cut.*part).resize(seal_overhead - 1);
    CHECK(is_shut(one, shop, cut));
  }
  // One for the other.
  auto swapped = x;
  std::swap(swapped.data_key, swapped.content);
  CHECK(is_shut(one, shop, swapped));
}

TEST_CASE("another master key takes the data key alone") {
  auto one = key_of(1);
  auto two = key_of(2);
  auto x = seal(one, shop, "the value", bits_of(7));
  std::array<uint8_t, nonce_bytes> nonce{};
  CHECK(!seal_again(two, one, shop, x, nonce));
  CHECK(!seal_again(one, two, {"acme", "shop", 4}, x, nonce));
  auto moved = x;
  auto next = seal_again(one, two, shop, x, nonce);
  REQUIRE(next);
  moved.master = two.id();
  moved.data_key = *next;
  CHECK(moved.content == x.content);
  REQUIRE(unseal(two, shop, moved) != nullptr);
  CHECK(unseal(two, shop, moved)->text == "the value");
  CHECK(is_shut(one, shop, moved));
}

TEST_CASE("every value comes back as it was") {
  CHECK(rc::check([](const std::string& value, uint8_t key, uint8_t random) {
    auto under = key_of(key);
    auto opened =
      unseal(under, shop, seal(under, shop, value, bits_of(random)));
    RC_ASSERT(opened != nullptr);
    RC_ASSERT(opened->text == value);
  }));
}

TEST_CASE("a master key is written as it is read, and its id tells nothing") {
  auto text = std::string(62, '0') + "a1";
  auto key = master_key_from_hex(text);
  REQUIRE(key);
  CHECK(to_hex(*key)->text == text);
  CHECK(key->id().size() == 16);
  CHECK(!test::has(text, key->id()));
  for (auto* bad : {"", "00", "A1"})
    CHECK(!master_key_from_hex(bad));
  CHECK(!master_key_from_hex(text + "0"));
  CHECK(!master_key_from_hex(std::string(63, '0') + "A"));
}

TEST_CASE("a mark is the same for the same value of a tenant, and keyed") {
  auto one = key_of(1);
  auto mark = mark_of(one, "acme", "value");
  CHECK(mark.size() == 12);
  CHECK(mark == mark_of(one, "acme", "value"));
  CHECK(mark != mark_of(one, "acme", "other"));
  CHECK(mark != mark_of(one, "umbrella", "value"));
  CHECK(mark != mark_of(one, "acmev", "alue"));
  CHECK(mark != mark_of(key_of(2), "acme", "value"));
}

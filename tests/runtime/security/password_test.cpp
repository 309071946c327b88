#include "runtime/security/common_passwords.hpp"
#include "runtime/security/password.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::security;
using Catch::Contains;

namespace {

constexpr password_limits quick_limits{1, 8};

std::string quick_hash(std::string_view password) {
  auto result = hash_password(password, quick_limits);
  REQUIRE(result);
  return *result;
}

std::string refusal_of(std::string_view password,
                       std::initializer_list<std::string_view> names = {}) {
  auto problem = check_password(password, names);
  if (!problem)
    return {};
  CHECK(code_of(problem) == ec::invalid_argument);
  return message_of(problem);
}

} // namespace

TEST_CASE("a hash matches its password and no other") {
  auto encoded = quick_hash("blue teapots sing");
  CHECK(verify_password(encoded, "blue teapots sing")
        == password_verdict::matches);
  CHECK(verify_password(encoded, "blue teapots sinG")
        == password_verdict::differs);
  CHECK(verify_password(encoded, "") == password_verdict::differs);
  CHECK(verify_password(encoded, {"blue teapots sing\0", 18})
        == password_verdict::differs);
}

TEST_CASE("a password hashes to something else each time") {
  CHECK(quick_hash("blue teapots sing") != quick_hash("blue teapots sing"));
}

TEST_CASE("by default a hash takes three passes over 64 MiB") {
  auto encoded = hash_password("blue teapots sing");
  REQUIRE(encoded);
  CHECK_THAT(*encoded, Catch::StartsWith("$argon2id$v=19$m=65536,t=3,p=1$"));
  CHECK(!needs_rehash(*encoded));
  CHECK(verify_password(*encoded, "blue teapots sing")
        == password_verdict::matches);
}

TEST_CASE("a hash with other limits is to be made again") {
  auto encoded = quick_hash("blue teapots sing");
  CHECK(!needs_rehash(encoded, quick_limits));
  CHECK(needs_rehash(encoded, {2, 8}));
  CHECK(needs_rehash(encoded, {1, 16}));
  CHECK(needs_rehash("", quick_limits));
}

TEST_CASE("limits out of bounds are refused") {
  for (auto limits : {password_limits{0, 8}, password_limits{17, 8},
                      password_limits{1, 7}, password_limits{1, 1'048'577}}) {
    auto result = hash_password("blue teapots sing", limits);
    REQUIRE(!result);
    CHECK(code_of(result.error()) == ec::invalid_argument);
  }
}

TEST_CASE("a password of more than 1,024 bytes is not hashed and not matched") {
  std::string longest(1'024, 'x');
  auto encoded = quick_hash(longest);
  CHECK(verify_password(encoded, longest) == password_verdict::matches);
  longest += 'x';
  auto result = hash_password(longest, quick_limits);
  REQUIRE(!result);
  CHECK(code_of(result.error()) == ec::limit_exceeded);
  CHECK(verify_password(encoded, longest) == password_verdict::differs);
}

TEST_CASE("what is no hash of ours is damaged, however it differs") {
  auto encoded = quick_hash("blue teapots sing");
  auto verdict = [](std::string_view x) {
    return verify_password(x, "blue teapots sing");
  };
  for (size_t i = 0; i < encoded.size(); ++i)
    CHECK(verdict(encoded.substr(0, i)) == password_verdict::damaged);
  CHECK(verdict(encoded + "A") == password_verdict::damaged);
  CHECK(verdict(encoded + std::string(1, '\0')) == password_verdict::damaged);
  // 4 TiB, and a number that is too large for one.
  auto tail = encoded.substr(encoded.find(",t="));
  CHECK(verdict("$argon2id$v=19$m=4294967295" + tail)
        == password_verdict::damaged);
  CHECK(verdict("$argon2id$v=19$m=99999999999" + tail)
        == password_verdict::damaged);
  CHECK(verdict("$argon2i$v=19$m=8" + tail) == password_verdict::damaged);
}

TEST_CASE("the hash for accounts that do not exist costs the same and matches "
          "nothing") {
  auto decoy = decoy_hash(quick_limits);
  CHECK(!needs_rehash(decoy, quick_limits));
  CHECK(decoy.size() == quick_hash("blue teapots sing").size());
  CHECK(verify_password(decoy, "blue teapots sing")
        == password_verdict::differs);
  CHECK(verify_password(decoy, "") == password_verdict::differs);
  CHECK(!needs_rehash(decoy_hash()));
  CHECK(!needs_rehash(decoy_hash({0, 0}), quick_limits));
}

TEST_CASE("a password has 10 to 256 characters, whatever they are") {
  CHECK_THAT(refusal_of("kq3 vz8!x"), Contains("fewer than 10"));
  CHECK(refusal_of("kq3 vz8!xw").empty());
  CHECK(refusal_of("only lower case").empty());
  std::string snow;
  for (int i = 0; i < 64; ++i)
    snow += "aé☃😀";
  CHECK(refusal_of(snow).empty());
  CHECK_THAT(refusal_of(snow + "b"), Contains("more than 256"));
  // Nine characters, and many bytes.
  CHECK_THAT(refusal_of("☃é😀☃é😀☃é😁"), Contains("fewer than 10"));
  CHECK_THAT(refusal_of(std::string(1 << 20, 'x')), Contains("more than 256"));
}

TEST_CASE("a password is UTF-8") {
  CHECK_THAT(refusal_of("blue teapots \xFF"), Contains("UTF-8"));
}

TEST_CASE("a password that everybody takes is refused") {
  for (auto x : {"qwertyuiop", "Qwertyuiop", "1234567890", "iloveyousomuch",
                 "password123", "Password2024!", "passwordpassword",
                 "ADMINISTRATOR", "letmein!!!!", "aaaaaaaaaaaa", "abababababab",
                 "xyzxyzxyzxyz", "ab1!ab1!ab1!", "admin123456"})
    CHECK_THAT(refusal_of(x), Contains("first that are guessed"));
  for (auto x : {"passwordless teapots", "abcdeabcdeabcde", "my dragon naps",
                 "1234509876123"})
    CHECK(refusal_of(x).empty());
}

TEST_CASE("nothing is common about nothing") {
  CHECK(!is_common_password(""));
  CHECK(!is_common_password("a"));
}

TEST_CASE("a password that contains a name is refused") {
  CHECK_THAT(refusal_of("i am alice, yes", {"alice", "acme"}),
             Contains("the name alice"));
  CHECK_THAT(refusal_of("welcome to ACME's", {"alice", "Acme"}),
             Contains("the name Acme"));
  CHECK(refusal_of("welcome to ACNE's", {"alice", "acme"}).empty());
  // A name of two letters is in half of all words.
  CHECK(refusal_of("blue teapots sing", {"ea", ""}).empty());
}

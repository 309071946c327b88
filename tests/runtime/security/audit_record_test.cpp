#include "runtime/security/audit_record.hpp"
#include "tests/support/formats.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::security;
using namespace machine::test;

TEST_CASE("a record survives every format") {
  check_formats<audit_record>();
}

TEST_CASE("a record of ordinary size is stored as it is") {
  CHECK(rc::check([] {
    auto x = random_value<audit_record>();
    RC_PRE(x.who.size() <= 256 && x.target.size() <= 256);
    RC_ASSERT(security::to_bytes(x) == security::to_bytes(x));
    auto y = wire::from_msgpack<audit_record>(security::to_bytes(x));
    RC_ASSERT(y);
    RC_ASSERT(y->who == x.who);
    RC_ASSERT(y->phase == x.phase);
  }));
}

TEST_CASE("what is too long is cut off between two characters, and says so") {
  audit_record x;
  for (int i = 0; i < 10'000; ++i)
    x.who += "é";
  x.target = std::string(256, 'r');
  x.key_id = std::string(257, 'k');
  x.detail = std::string(1 << 20, 'd');
  auto stored = security::to_bytes(x);
  CHECK(stored.size() < 6'000);
  auto y = wire::from_msgpack<audit_record>(stored);
  REQUIRE(y);
  CHECK(y->who.size() <= 256);
  CHECK_THAT(y->who, Catch::EndsWith("é…"));
  CHECK(y->target == x.target);
  CHECK(y->key_id == std::string(253, 'k') + "…");
  CHECK(y->detail == std::string(4'093, 'd') + "…");
}

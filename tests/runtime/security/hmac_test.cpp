#include "runtime/security/hmac.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::security;

TEST_CASE("HMAC is that of RFC 4231") {
  // Sections 4.2, 4.3 and 4.7.
  CHECK(to_hex(hmac_sha256(bytes(20, 0x0b), {as_bytes("Hi There")}))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(to_hex(hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want "),
                                              as_bytes("for nothing?")}))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(
          bytes(131, 0xaa),
          {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")}))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

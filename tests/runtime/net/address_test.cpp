#include "runtime/net/address.hpp"

#include <catch2/catch.hpp>

using namespace machine::net;

TEST_CASE("public addresses are open to all") {
  for (auto x : {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1",
                 "168.63.129.17", "2606:4700::1111", "2a00::1"}) {
    CAPTURE(x);
    CHECK(allows(address_policy::public_only, x));
    CHECK(allows(address_policy::public_and_loopback, x));
  }
}

TEST_CASE("this machine needs leave") {
  for (auto x : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(x);
    CHECK(!allows(address_policy::public_only, x));
    CHECK(allows(address_policy::public_and_loopback, x));
    CHECK(allows(address_policy::any, x));
  }
}

TEST_CASE("private, metadata and reserved addresses need full leave") {
  for (auto x : {"10.0.0.1",        "172.16.0.1",
                 "172.31.255.255",  "192.168.1.1",
                 "169.254.169.254", "168.63.129.16",
                 "100.64.0.1",      "0.0.0.0",
                 "224.0.0.1",       "240.0.0.1",
                 "255.255.255.255", "198.18.0.1",
                 "192.0.2.1",       "::",
                 "fe80::1",         "fc00::1",
                 "fd00:ec2::254",   "ff02::1",
                 "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe",
                 "2002:a00:1::",    "2001:db8::1"}) {
    CAPTURE(x);
    CHECK(!allows(address_policy::public_only, x));
    CHECK(!allows(address_policy::public_and_loopback, x));
    CHECK(allows(address_policy::any, x));
  }
}

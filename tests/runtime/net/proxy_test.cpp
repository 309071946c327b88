#include "runtime/net/proxy.hpp"

#include <catch2/catch.hpp>

using namespace machine::net;

TEST_CASE("the proxy goes by the scheme, and none is for those without") {
  proxy_rules rules{"http://a:1", "http://b:2", ""};
  CHECK(proxy_for(rules, "http", "example.org") == "http://a:1");
  CHECK(proxy_for(rules, "HTTPS", "example.org") == "http://b:2");
  rules.none = "*";
  CHECK(proxy_for(rules, "http", "example.org").empty());
  rules.none = ".example.org, Other.org.,10.0.0.0/9,[::1],192.168.1.1";
  for (auto* host : {"example.org", "a.example.org", "A.EXAMPLE.ORG",
                     "other.org.", "10.127.0.1", "::1", "192.168.1.1"}) {
    CAPTURE(host);
    CHECK(proxy_for(rules, "http", host).empty());
  }
  for (auto* host :
       {"notexample.org", "org", "10.128.0.1", "::2", "192.168.1.10", ""}) {
    CAPTURE(host);
    CHECK(proxy_for(rules, "http", host) == "http://a:1");
  }
  rules.none = "10.0.0.0/99,10.0.0.0/x,*.org,,";
  CHECK(!proxy_for(rules, "http", "10.0.0.1").empty());
}

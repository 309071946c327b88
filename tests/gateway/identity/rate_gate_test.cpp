#include "gateway/identity/rate_gate.hpp"
#include "gateway/identity/stream_counts.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace machine;
using namespace machine::gateway;
using machine::test::draw;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const timestamp start{std::chrono::hours{1}};

principal somebody(const std::string& id = "ann",
                   const std::string& tenant = "acme") {
  principal x;
  x.tenant = x.home = tenant;
  x.id = id;
  x.key = "key-of-" + id;
  return x;
}

std::string field(const rate_verdict& x, const std::string& name) {
  for (auto& [key, value] : x.headers)
    if (key == name)
      return value;
  return "";
}

std::string field(const http_answer& x, const std::string& name) {
  for (auto& [key, value] : x.headers)
    if (key == name)
      return value;
  return "";
}

} // namespace

TEST_CASE("an address of IPv6 is counted with all that are beside it") {
  CHECK(address_key("192.0.2.1") == "192.0.2.1");
  CHECK(address_key("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(address_key("2001:db8:1:2::1") == "2001:db8:1:2::/64");
  CHECK(address_key("2001:db8:1:2:ffff:ffff:ffff:ffff")
        == address_key("2001:db8:1:2::1"));
  CHECK(address_key("2001:db8:1:3::1") != address_key("2001:db8:1:2::1"));
  CHECK(address_key("fe80::1%eth0") == "fe80::/64");
  CHECK(address_key("") == "");
  CHECK(address_key("nonsense") == "nonsense");
}

TEST_CASE("what is not limited costs nothing and says nothing") {
  rate_gate it{rate_rules{}};
  for (int i = 0; i < 1'000; ++i) {
    auto said = it.enter(somebody(), start);
    CHECK(!said.refusal);
    CHECK(said.headers.empty());
    it.note_failure("192.0.2.1", start);
    CHECK(!it.enter("192.0.2.1", start).refusal);
  }
  CHECK(!limit_of_rate(0, 10));
}

TEST_CASE("who asks too often is told when to come back") {
  rate_rules rules;
  rules.key = limit_of_rate(1, 3);
  rate_gate it{rules};
  for (auto left : {"2", "1", "0"}) {
    auto said = it.enter(somebody(), start);
    CHECK(!said.refusal);
    CHECK(field(said, "RateLimit-Policy") == "\"key\";q=3;w=3");
    CHECK(field(said, "RateLimit")
            .starts_with(std::string{"\"key\";r="} + left + ";t="));
  }
  auto said = it.enter(somebody(), start);
  REQUIRE(said.refusal);
  CHECK(said.refusal->status == 429);
  CHECK(field(*said.refusal, "Retry-After") == "1");
  CHECK(field(said, "RateLimit") == "\"key\";r=0;t=3");
  CHECK(!it.enter(somebody("bob"), start).refusal);
  CHECK(!it.enter(somebody(), start + seconds{1}).refusal);
}

TEST_CASE("the limit that is nearest to its end is the one that is told") {
  rate_rules rules;
  rules.key = limit_of_rate(100, 100);
  rules.tenant = limit_of_rate(1, 2);
  rate_gate it{rules};
  CHECK(field(it.enter(somebody(), start), "RateLimit")
          .starts_with("\"tenant\";r=1;"));
  CHECK(!it.enter(somebody("bob"), start).refusal);
  auto said = it.enter(somebody("cid"), start);
  REQUIRE(said.refusal);
  CHECK(said.refusal->body.find("tenant") != std::string::npos);
  CHECK(!it.enter(somebody("ann", "umbrella"), start).refusal);
}

TEST_CASE("a request of nobody counts as many") {
  rate_rules rules;
  rules.address = limit_of_rate(10, 100);
  rules.failure_cost = 30;
  rate_gate it{rules};
  auto tries = 0;
  while (!it.enter("2001:db8::1", start).refusal) {
    it.note_failure("2001:db8::2", start);
    ++tries;
  }
  CHECK(tries == 4);
  CHECK(!it.enter("2001:db8:0:1::1", start).refusal);
  // It never costs more than there is.
  CHECK(!it.enter("2001:db8::1", start + milliseconds{100}).refusal);
}

TEST_CASE("nobody gets more than their rate and their burst") {
  CHECK(rc::check([] {
    rate_rules rules;
    auto rate = draw<int64_t>(1, 50);
    auto burst = draw<int64_t>(1, 50);
    rules.key = limit_of_rate(rate, burst);
    rules.principal = limit_of_rate(2 * rate, burst);
    rules.tenant = limit_of_rate(3 * rate, 2 * burst);
    rate_gate it{rules};
    std::map<std::string, int64_t> granted;
    int64_t all = 0;
    auto now = start;
    for (auto left = draw(0, 400); left > 0; --left) {
      auto id = std::to_string(draw(0, 4));
      if (!it.enter(somebody(id), now).refusal) {
        ++granted[id];
        ++all;
      }
      now += milliseconds{draw(0, 40)};
    }
    auto passed = std::chrono::duration_cast<milliseconds>(now - start).count();
    for (auto& [id, count] : granted)
      RC_ASSERT(count <= burst + rate * passed / 1'000 + 1);
    RC_ASSERT(all <= 2 * burst + 3 * rate * passed / 1'000 + 1);
  }));
}

TEST_CASE("streams have places, which are free again when they end") {
  rate_rules rules;
  rules.streams_of_key = 2;
  rules.streams_of_tenant = 3;
  auto it = std::make_shared<stream_counts>(rules);
  auto one = it->take(somebody(), "::1");
  auto two = it->take(somebody(), "::1");
  REQUIRE((one && two));
  auto refused = it->take(somebody(), "::1");
  CHECK(code_of(refused.error()) == ec::rate_limited);
  CHECK(message_of(refused.error()).find("with this key") != std::string::npos);
  auto three = it->take(somebody("bob"), "::1");
  REQUIRE(three);
  CHECK(!it->take(somebody("cid"), "::1"));
  CHECK(it->take(somebody("ann", "umbrella"), "::1"));
  one->reset();
  CHECK(it->take(somebody("cid"), "::1"));
  auto local = somebody();
  local.kind = principal::nature::machine;
  for (int i = 0; i < 10; ++i)
    CHECK(it->take(local, "::1"));
  two->reset();
  three->reset();
  CHECK(it->size() == 0);
}

TEST_CASE("whatever comes and goes, nobody holds more streams than they may") {
  CHECK(rc::check([] {
    rate_rules rules;
    rules.streams_of_address = draw<size_t>(0, 5);
    rules.streams_of_key = draw<size_t>(0, 4);
    rules.streams_of_principal = draw<size_t>(0, 4);
    rules.streams_of_tenant = draw<size_t>(0, 6);
    auto it = std::make_shared<stream_counts>(rules);
    struct held {
      std::string who;
      std::string address;
      std::shared_ptr<stream_counts::place> place;
    };
    std::vector<held> all;
    auto count = [&](auto is) {
      return static_cast<size_t>(std::count_if(all.begin(), all.end(), is));
    };
    auto fits = [](size_t n, size_t most) { return most == 0 || n < most; };
    for (auto left = draw(0, 100); left > 0; --left) {
      if (!all.empty() && test::chance(3)) {
        all.erase(all.begin() + draw<ptrdiff_t>(0, std::ssize(all)));
        continue;
      }
      auto who = std::to_string(draw(0, 3));
      auto address = test::draw_text({"192.0.2.1", "192.0.2.2"});
      auto place = it->take(somebody(who), address);
      auto of_address = count([&](auto& x) { return x.address == address; });
      auto of_who = count([&](auto& x) { return x.who == who; });
      auto may = fits(of_address, rules.streams_of_address)
              && fits(of_who, rules.streams_of_key)
              && fits(of_who, rules.streams_of_principal)
              && fits(all.size(), rules.streams_of_tenant);
      RC_ASSERT(static_cast<bool>(place) == may);
      if (place)
        all.push_back({who, address, *place});
    }
    all.clear();
    RC_ASSERT(it->size() == 0);
  }));
}

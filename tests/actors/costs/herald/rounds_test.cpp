#include "actors/costs/herald/rounds.hpp"

#include "actors/costs/herald/secret_files.hpp"
#include "actors/costs/herald/signature.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <set>

using namespace machine;
using namespace machine::costs;

namespace {

/// 2026-11-24T10:00:00Z
constexpr timestamp start{std::chrono::seconds{1'795'514'400}};

deliver parcel(uint64_t number, const std::string& webhook = "ops") {
  deliver x;
  x.number = number;
  x.at = start;
  x.to.id = webhook;
  return x;
}

using ending = delivery_rounds::ending;

} // namespace

TEST_CASE("a signature is what OpenSSL makes of time and body") {
  // printf '1795514400.{"type":"costs.anomaly"}' |
  //   openssl dgst -sha256 -hmac 'correct horse'
  CHECK(signature_of("correct horse", start + duration{999},
                     R"({"type":"costs.anomaly"})")
        == "t=1795514400,v1="
           "7120192b0c1be075a2463cf6ba2d1509657786768d5f271ea78057a931dcf5dc");
}

TEST_CASE("a webhook gets one at a time, the oldest first") {
  delivery_rounds all;
  all.add("t", parcel(2), start);
  all.add("t", parcel(1), start);
  all.add("t", parcel(7, "other"), start);
  auto a = all.next(start);
  auto b = all.next(start);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->what.number == 1);
  CHECK(b->what.number == 7);
  CHECK(!all.next(start));
  CHECK(all.ended(a->attempt, attempt_verdict::arrived, start, 0)
        == ending{"t", 1, delivery_end::delivered});
  auto c = all.next(start);
  REQUIRE(c);
  CHECK(c->what.number == 2);
}

TEST_CASE("what is asked for twice is sent once") {
  delivery_rounds all;
  all.add("t", parcel(1), start);
  auto a = all.next(start);
  REQUIRE(a);
  all.add("t", parcel(1), start);
  CHECK(all.size() == 1);
  CHECK(all.ended(a->attempt, attempt_verdict::arrived, start, 0));
  CHECK(all.size() == 0);
  CHECK(!all.next(start));
}

TEST_CASE("what comes late does not take the place of what is under way") {
  delivery_rounds all;
  all.add("t", parcel(5), start);
  auto a = all.next(start);
  REQUIRE(a);
  all.add("t", parcel(1), start);
  CHECK(all.ended(a->attempt, attempt_verdict::arrived, start, 0)
        == ending{"t", 5, delivery_end::delivered});
  CHECK(all.next(start)->what.number == 1);
}

TEST_CASE("what fails is tried again, later each time, for three days") {
  delivery_rounds all;
  all.add("t", parcel(1), start);
  auto now = start;
  std::optional<ending> end;
  size_t tries = 0;
  duration last{0};
  while (!end) {
    auto a = all.next(now);
    REQUIRE(a);
    ++tries;
    REQUIRE(!all.next(now));
    end = all.ended(a->attempt, attempt_verdict::again, now, UINT64_MAX);
    if (end)
      break;
    auto due = all.wake_at();
    REQUIRE(due);
    auto wait = std::chrono::duration_cast<duration>(*due - now);
    CHECK(wait >= last);
    CHECK(wait <= delivery_backoff.most);
    CHECK(!all.next(*due - duration{1}));
    last = wait;
    now = *due;
  }
  CHECK(*end == ending{"t", 1, delivery_end::given_up});
  CHECK(now - start >= max_delivery_age);
  CHECK(now - start < max_delivery_age + duration{7'200'000});
  // The longest wait is at least half an hour, after ten shorter ones.
  CHECK(tries <= 2 * 72 + 11);
}

TEST_CASE("what is refused is given up, and the next one goes at once") {
  delivery_rounds all;
  all.add("t", parcel(1), start);
  all.add("t", parcel(2), start);
  auto a = all.next(start);
  CHECK(all.ended(a->attempt, attempt_verdict::refused, start, 0)
        == ending{"t", 1, delivery_end::given_up});
  CHECK(all.next(start)->what.number == 2);
}

TEST_CASE("statuses mean what they say") {
  for (auto status : {200, 202, 204})
    CHECK(judge_answer(status) == attempt_verdict::arrived);
  for (auto status : {408, 425, 429, 500, 502, 503})
    CHECK(judge_answer(status) == attempt_verdict::again);
  for (auto status : {301, 302, 400, 401, 404, 410})
    CHECK(judge_answer(status) == attempt_verdict::refused);
}

TEST_CASE("a webhook that is gone gets nothing, and late words mean nothing") {
  delivery_rounds all;
  all.add("t", parcel(1), start);
  all.add("other", parcel(1), start);
  auto a = all.next(start);
  auto b = all.next(start);
  REQUIRE(b);
  CHECK(b->tenant == "t");
  all.forget("t", "ops");
  CHECK(!all.ended(b->attempt, attempt_verdict::arrived, start, 0));
  CHECK(all.ended(a->attempt, attempt_verdict::arrived, start, 0));
  CHECK(all.size() == 0);
}

TEST_CASE("whatever happens, each is ended once") {
  CHECK(rc::check([] {
    delivery_rounds all;
    auto count = *rc::gen::inRange<uint64_t>(1, 30);
    std::set<std::pair<std::string, uint64_t>> expected;
    for (uint64_t i = 1; i <= count; ++i) {
      auto tenant = *rc::gen::element<std::string>("a", "b");
      auto webhook = *rc::gen::element<std::string>("x", "y");
      all.add(tenant, parcel(i, webhook), start);
      expected.emplace(tenant, i);
    }
    auto now = start;
    std::set<std::pair<std::string, uint64_t>> seen;
    while (all.size() > 0) {
      std::vector<uint64_t> under_way;
      while (auto x = all.next(now))
        under_way.push_back(x->attempt);
      RC_ASSERT(under_way.size() <= 4U);
      for (auto attempt : under_way) {
        auto how =
          *rc::gen::element(attempt_verdict::arrived, attempt_verdict::again,
                            attempt_verdict::refused);
        if (auto x = all.ended(attempt, how, now, 0))
          RC_ASSERT(seen.emplace(x->tenant, x->number).second);
      }
      now = std::max(now, all.wake_at().value_or(now));
    }
    RC_ASSERT(seen == expected);
  }));
}

TEST_CASE("secrets are files of their tenant, and of nobody else") {
  test::temporary_directory dir;
  std::filesystem::create_directories(dir / "acme");
  std::ofstream{dir / "acme/key"} << "hush\n";
  std::ofstream{dir / "acme/empty"} << "\n";
  std::ofstream{dir / "acme/large"} << std::string(5'000, 'x');
  std::ofstream{dir / "outside"} << "no";
  auto find = secrets_in(dir.path());
  CHECK(find("acme", "key") == "hush");
  for (auto* id : {"none", "empty", "large", "", ".", "..", "../outside"})
    CHECK(!find("acme", id));
  CHECK(!find("umbrella", "key"));
  CHECK(!find("..", "outside"));
  CHECK(!find("", "outside"));
  // The vault is asked first.
  auto vault = [](const std::string&, const std::string& id) {
    return id == "vaulted" ? std::optional<std::string>{"deep"} : std::nullopt;
  };
  std::ofstream{dir / "acme/vaulted"} << "shallow";
  CHECK(first_of(vault, find)("acme", "vaulted") == "deep");
  CHECK(first_of(vault, find)("acme", "key") == "hush");
  CHECK(first_of({}, find)("acme", "vaulted") == "shallow");
  CHECK(!first_of(vault, {})("acme", "key"));
  CHECK(!first_of({}, {})("acme", "key"));
}

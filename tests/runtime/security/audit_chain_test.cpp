#include "runtime/security/audit_chain.hpp"
#include "runtime/security/audit_record.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

using namespace machine;
using namespace machine::security;
using namespace machine::test;

namespace {

using chain = std::vector<chain_link>;

void append_record(chain& to, std::string_view record) {
  auto previous = to.empty() ? digest{} : to.back().hash;
  auto data = machine::to_bytes(record);
  to.push_back({to.size() + 1, data, chain_next(previous, data)});
}

/// No two records are alike.
chain draw_chain(int least) {
  chain result;
  auto count = draw(least, 12);
  for (int i = 0; i < count; ++i)
    append_record(result,
                  std::to_string(i) + std::string(draw<size_t>(0, 5), 'x'));
  return result;
}

chain_head head_of(const chain& x) {
  return x.empty() ? chain_head{} : chain_head{x.back().seq, x.back().hash};
}

chain_source source_of(const chain& from) {
  return [&from,
          i = size_t{0}]() mutable -> caf::expected<std::optional<chain_link>> {
    if (i == from.size())
      return std::optional<chain_link>{};
    return std::optional{from[i++]};
  };
}

chain_report check_chain(const chain& x,
                         std::optional<chain_head> known = std::nullopt,
                         const chain_head& from = {}) {
  auto result = verify_chain(source_of(x), known, from);
  REQUIRE(result);
  return *result;
}

void number_anew(chain& x) {
  for (size_t i = 0; i < x.size(); ++i)
    x[i].seq = i + 1;
}

using broken = chain_report::broken;

} // namespace

TEST_CASE("the hash of a record is what its definition says") {
  audit_record x;
  CHECK(to_hex(chain_next({}, machine::as_bytes("abc")))
        == "0dfdd2a643f815680f184eb2b8475831566931659da82c54fa300b457344325e");
  CHECK(to_hex(chain_next(chain_next({}, machine::as_bytes("abc")),
                          security::to_bytes(x)))
        == "a70dfc30d672b58d34221c30fb64bca159841b022466802be2d1885fa2c1b1c3");
}

TEST_CASE("a chain as it was written is in order, up to its head") {
  CHECK(rc::check([] {
    auto x = draw_chain(0);
    auto report = check_chain(x, head_of(x));
    RC_ASSERT(!report.fault);
    RC_ASSERT(report.good == head_of(x));
    // And from any place on.
    auto cut = draw<size_t>(0, x.size() + 1);
    chain before{x.begin(), x.begin() + static_cast<ptrdiff_t>(cut)};
    chain after{x.begin() + static_cast<ptrdiff_t>(cut), x.end()};
    RC_ASSERT(check_chain(after, head_of(x), head_of(before)) == report);
    RC_ASSERT(!check_chain(x, head_of(before)).fault);
  }));
}

TEST_CASE("a bit that has changed is found where it is") {
  CHECK(rc::check([] {
    auto x = draw_chain(1);
    auto at = draw<size_t>(0, x.size());
    auto bit = static_cast<uint8_t>(1 << draw(0, 8));
    auto& link = x[at];
    if (chance(2))
      link.record[draw<size_t>(0, link.record.size())] ^= bit;
    else
      link.hash[draw<size_t>(0, link.hash.size())] ^= bit;
    auto report = check_chain(x);
    RC_ASSERT(report.fault == (broken{at + 1, chain_fault::changed}));
    RC_ASSERT(report.good.seq == at);
  }));
}

TEST_CASE("a number that has changed is found") {
  CHECK(rc::check([] {
    auto x = draw_chain(1);
    auto at = draw<size_t>(0, x.size());
    x[at].seq ^= uint64_t{1} << draw(0, 64);
    auto report = check_chain(x);
    RC_ASSERT(report.fault);
    RC_ASSERT(report.fault->seq == at + 1);
  }));
}

TEST_CASE("records that were taken out are missed") {
  CHECK(rc::check([] {
    auto x = draw_chain(2);
    auto at = draw<size_t>(0, x.size() - 1);
    auto count = draw<size_t>(1, x.size() - at);
    auto first = x.begin() + static_cast<ptrdiff_t>(at);
    x.erase(first, first + static_cast<ptrdiff_t>(count));
    RC_ASSERT(check_chain(x).fault == (broken{at + 1, chain_fault::missing}));
    // Whoever numbers the others anew does not hide it.
    number_anew(x);
    RC_ASSERT(check_chain(x).fault == (broken{at + 1, chain_fault::changed}));
  }));
}

TEST_CASE("records that were put in are found") {
  CHECK(rc::check([] {
    auto x = draw_chain(1);
    auto at = draw<size_t>(0, x.size());
    auto forged = x[draw<size_t>(0, x.size())];
    if (chance(2))
      forged.record = machine::to_bytes("forged");
    x.insert(x.begin() + static_cast<ptrdiff_t>(at), forged);
    number_anew(x);
    // The same record once more is no other before its own place.
    auto report = check_chain(x);
    RC_ASSERT(report.fault);
    RC_ASSERT(report.fault->seq >= at + 1);
    RC_ASSERT(report.fault->seq <= at + 2);
  }));
}

TEST_CASE("records that changed places are found, with their numbers or "
          "without") {
  CHECK(rc::check([] {
    auto x = draw_chain(2);
    auto i = draw<size_t>(0, x.size() - 1);
    auto j = draw<size_t>(i + 1, x.size());
    std::swap(x[i], x[j]);
    RC_ASSERT(check_chain(x).fault == (broken{i + 1, chain_fault::reordered}));
    number_anew(x);
    RC_ASSERT(check_chain(x).fault == (broken{i + 1, chain_fault::reordered}));
  }));
}

TEST_CASE("an end that is gone is missed by who knows the head, and by nobody "
          "else") {
  CHECK(rc::check([] {
    auto x = draw_chain(1);
    auto known = head_of(x);
    x.resize(draw<size_t>(0, x.size()));
    RC_ASSERT(!check_chain(x).fault);
    RC_ASSERT(check_chain(x, known).fault
              == (broken{x.size() + 1, chain_fault::missing}));
  }));
}

TEST_CASE("a chain that was written anew is found by who knows the head, and "
          "by nobody else") {
  CHECK(rc::check([] {
    auto x = draw_chain(1);
    auto known = head_of(x);
    auto at = draw<size_t>(0, x.size());
    chain forged{x.begin(), x.begin() + static_cast<ptrdiff_t>(at)};
    append_record(forged, "forged");
    for (auto i = at + 1; i < x.size(); ++i)
      append_record(forged, as_text(x[i].record));
    RC_ASSERT(!check_chain(forged).fault);
    RC_ASSERT(check_chain(forged, known).fault
              == (broken{x.size(), chain_fault::rewritten}));
  }));
}

TEST_CASE("a forged end behind the known head fits, and is not found") {
  chain x;
  append_record(x, "one");
  auto known = head_of(x);
  append_record(x, "forged");
  CHECK(!check_chain(x, known).fault);
}

TEST_CASE("where a record ends is part of its hash") {
  // The same bytes in other records.
  chain x;
  append_record(x, "ab");
  append_record(x, "c");
  chain y;
  append_record(y, "a");
  append_record(y, "bc");
  CHECK(head_of(x) != head_of(y));
  CHECK(chain_next({}, {}) != digest{});
}

TEST_CASE("a known head before the part that is checked cannot be checked") {
  chain x;
  append_record(x, "one");
  auto first = head_of(x);
  append_record(x, "two");
  auto second = head_of(x);
  auto result = verify_chain(source_of({}), first, second);
  REQUIRE(!result);
  CHECK(code_of(result.error()) == ec::invalid_argument);
  auto other = second;
  other.hash[0] ^= 1;
  CHECK(check_chain({}, other, second).fault
        == (broken{2, chain_fault::rewritten}));
}

TEST_CASE("an error of the log ends it, also on the way to say why") {
  chain x;
  append_record(x, "one");
  append_record(x, "two");
  for (size_t wrong : {0, 1}) {
    size_t i = 0;
    auto log = x;
    if (wrong == 1)
      log[0].record[0] ^= 1;
    auto result =
      verify_chain([&]() -> caf::expected<std::optional<chain_link>> {
        if (i == 1)
          return make_error(ec::io_failed, "the disk is gone");
        return std::optional{log[i++]};
      });
    REQUIRE(!result);
    CHECK(code_of(result.error()) == ec::io_failed);
  }
}

#include "actors/costs/report/history.hpp"

#include "runtime/wire/wire.hpp"
#include "tests/actors/costs/report/spending.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::test;

namespace {

/// A log in memory, which counts what is read.
struct log_under_test {
  std::vector<timestamp> times;
  size_t reads = 0;

  ledger_log view() {
    return {
      [this](uint64_t from,
             size_t count) -> caf::expected<std::vector<store::stored_event>> {
        ++reads;
        std::vector<store::stored_event> page;
        for (auto i = from; i <= times.size() && page.size() < count; ++i)
          page.push_back(stored(i));
        return page;
      },
      [this]() -> caf::expected<uint64_t> { return times.size(); }};
  }

  store::stored_event stored(uint64_t seq) const {
    store::stored_event x;
    x.seq = seq;
    x.payload = payload(times[seq - 1]);
    return x;
  }

  static bytes payload(timestamp at) {
    return wire::to_msgpack(
      entity::recorded<ledger_event>{at, holder_lost{"n"}});
  }
};

std::vector<uint64_t> seen_in(log_under_test& log, history_range what) {
  std::vector<uint64_t> seen;
  auto end = read_history(log.view(), what,
                          [&](uint64_t seq, timestamp, const ledger_event&) {
                            seen.push_back(seq);
                            return walk::on;
                          });
  REQUIRE(end);
  return seen;
}

} // namespace

TEST_CASE("the beginning of a time is found in few steps") {
  CHECK(rc::check([](std::vector<uint16_t> steps, uint32_t into) {
    log_under_test log;
    auto at = noon;
    for (auto step : steps)
      log.times.push_back(at += std::chrono::seconds{step});
    auto since = noon + std::chrono::seconds{into % 3'000'000};
    auto found = find_event(log.view(), since);
    RC_ASSERT(found);
    for (uint64_t i = 1; i <= log.times.size(); ++i)
      RC_ASSERT((i < *found) == (log.times[i - 1] < since - max_clock_skew));
    RC_ASSERT(log.reads <= 9U);
  }));
}

TEST_CASE("a clock that goes back a little hides nothing") {
  log_under_test log;
  for (int i = 0; i < 1'000; ++i)
    log.times.push_back(noon + std::chrono::seconds{60 * (i + i % 7)});
  auto since = noon + std::chrono::minutes{500};
  auto until = noon + std::chrono::minutes{700};
  auto first = find_event(log.view(), since);
  REQUIRE(first);
  size_t expected = 0;
  for (auto at : log.times)
    expected += at >= since && at < until;
  size_t inside = 0;
  for (auto seq : seen_in(log, {*first, until})) {
    auto at = log.times[seq - 1];
    inside += at >= since && at < until;
  }
  CHECK(inside == expected);
}

TEST_CASE("a history stops where it is told to, and says where to go on") {
  log_under_test log;
  for (int i = 0; i < 2'000; ++i)
    log.times.push_back(noon + std::chrono::hours{i});
  CHECK(seen_in(log, {1}).size() == 2'000);
  CHECK(seen_in(log, {1, noon + std::chrono::hours{10}}).size() == 11);
  auto any = [](uint64_t, timestamp, const ledger_event&) { return walk::on; };
  CHECK(*read_history(log.view(), {1}, any) == std::nullopt);
  CHECK(*read_history(log.view(), {1, {}, 700}, any) == 701);
  CHECK(*read_history(log.view(), {5}, any, [] { return false; }) == 5);
  auto once = [](uint64_t, timestamp, const ledger_event&) {
    return walk::stop;
  };
  CHECK(*read_history(log.view(), {5}, once) == 6);
}

TEST_CASE("an event of a later program is passed over") {
  log_under_test log;
  log.times = {noon, noon};
  auto view = log.view();
  auto read = view.read;
  view.read = [=](uint64_t from, size_t count) {
    auto page = read(from, count);
    for (auto& x : *page)
      if (x.seq == 1)
        x.payload = to_bytes("what?");
    return page;
  };
  size_t seen = 0;
  CHECK(read_history(view, {1}, [&](uint64_t seq, timestamp, auto&) {
    seen += seq;
    return walk::on;
  }));
  CHECK(seen == 2);
}

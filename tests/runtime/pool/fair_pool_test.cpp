#include "runtime/fair_pool.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>

using namespace machine;

TEST_CASE("nobody waits for all that somebody else has given to a pool") {
  fair_pool pool{1};
  std::promise<void> gate;
  auto open = gate.get_future().share();
  REQUIRE(!pool.post({"acme", "ann"}, [open] { open.wait(); }));
  std::string order;
  for (int i = 0; i < 50; ++i)
    REQUIRE(!pool.post({"acme", "ann"}, [&] { order += 'a'; }));
  REQUIRE(!pool.post({"zeta", "zoe"}, [&] { order += 'z'; }));
  REQUIRE(!pool.post({"acme", "bob"}, [&] { order += 'b'; }));
  gate.set_value();
  pool.close();
  CHECK(order.size() == 52);
  CHECK(order.find('z') <= 1);
  CHECK(order.find('b') <= 3);
}

TEST_CASE("a pool with turns runs what it has accepted, and nothing else") {
  std::atomic<int> count = 0;
  fair_pool pool{3, {.all = 1'000, .group = 1'000, .member = 1'000}};
  REQUIRE(!pool.post({"a", "x"}, [] { throw std::runtime_error{"x"}; }));
  for (int i = 0; i < 100; ++i)
    REQUIRE(!pool.post({std::to_string(i % 3), "x"}, [&] { ++count; }));
  pool.close();
  CHECK(count == 100);
  CHECK(code_of(pool.post({"a", "x"}, [&] { ++count; })) == ec::unavailable);
  CHECK(count == 100);
}

TEST_CASE("who has too much in a pool is refused, and others are not") {
  fair_pool pool{1, {.all = 10, .group = 4, .member = 2}};
  std::promise<void> gate;
  std::promise<void> begun;
  auto open = gate.get_future().share();
  REQUIRE(!pool.post({"acme", "ann"}, [&begun, open] {
    begun.set_value();
    open.wait();
  }));
  begun.get_future().wait();
  for (int i = 0; i < 2; ++i)
    REQUIRE(!pool.post({"acme", "ann"}, [] {}));
  CHECK(code_of(pool.post({"acme", "ann"}, [] {})) == ec::overloaded);
  CHECK(!pool.post({"acme", "bob"}, [] {}));
  CHECK(!pool.post({"zeta", "zoe"}, [] {}));
  gate.set_value();
}

TEST_CASE("who has long jobs leaves threads to others") {
  fair_pool pool{4, {.under_way = 2}};
  std::promise<void> gate;
  auto open = gate.get_future().share();
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  std::atomic<int> count = 0;
  for (int i = 0; i < 20; ++i)
    REQUIRE(!pool.post({"acme", std::to_string(i % 3)}, [&, open] {
      most = std::max<int>(most, ++at_once);
      open.wait();
      --at_once;
      ++count;
    }));
  // While all that acme may have is stuck.
  std::promise<void> done;
  REQUIRE(!pool.post({"zeta", "zoe"}, [&] { done.set_value(); }));
  done.get_future().wait();
  CHECK(count == 0);
  gate.set_value();
  pool.close();
  CHECK(count == 20);
  CHECK(most <= 2);
}

#include "runtime/pool.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <new>
#include <stdexcept>

using namespace machine;

TEST_CASE("a job that throws ends itself and nothing else") {
  blocking_pool pool{1};
  REQUIRE(!pool.post([] { throw std::runtime_error{"on purpose"}; }));
  REQUIRE(!pool.post([] { throw std::bad_alloc{}; }));
  REQUIRE(!pool.post([] { throw 1; }));
  std::promise<bool> done;
  REQUIRE(!pool.post([&] { done.set_value(true); }));
  CHECK(done.get_future().get());
}

TEST_CASE("what was accepted is run before the pool is closed, once") {
  std::atomic<int> count = 0;
  blocking_pool pool{3};
  for (int i = 0; i < 100; ++i)
    REQUIRE(!pool.post([&] { ++count; }));
  pool.close();
  CHECK(count == 100);
  pool.close();
  auto late = pool.post([&] { ++count; });
  CHECK(code_of(late) == ec::unavailable);
  CHECK(count == 100);
}

TEST_CASE("jobs beyond the bound are refused, and later ones accepted again") {
  blocking_pool pool{1, 2};
  std::promise<void> gate;
  std::promise<void> begun;
  auto open = gate.get_future().share();
  REQUIRE(!pool.post([&] {
    begun.set_value();
    open.wait();
  }));
  begun.get_future().wait();
  REQUIRE(!pool.post([] {}));
  std::promise<void> emptied;
  REQUIRE(!pool.post([&] { emptied.set_value(); }));
  CHECK(code_of(pool.post([] {})) == ec::overloaded);
  gate.set_value();
  emptied.get_future().wait();
  CHECK(!pool.post([] {}));
}

TEST_CASE("what a job holds is gone before the next one begins") {
  blocking_pool pool{1};
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> seen = held;
  std::promise<bool> gone;
  REQUIRE(!pool.post([held = std::move(held)] {}));
  REQUIRE(!pool.post([&] { gone.set_value(seen.expired()); }));
  CHECK(gone.get_future().get());
}

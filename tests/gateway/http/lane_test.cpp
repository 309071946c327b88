#include "gateway/http/lane.hpp"
#include "gateway/http/request_id.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>
#include <string>

using namespace machine::gateway;

namespace {

/// Fails whatever it is asked, and counts how often that was.
class failing final : public passenger {
public:
  void on_tick(steady_time) override {
    fail();
  }

  void on_flush() override {
    fail();
  }

  void on_drain() override {}
  void close_now() override {}

  int asked = 0;

private:
  void fail() {
    ++asked;
    throw std::runtime_error{"it fails"};
  }
};

} // namespace

TEST_CASE("one that fails keeps the others of its lane from nothing") {
  lane on{std::chrono::milliseconds{1}};
  auto first = std::make_shared<failing>();
  auto second = std::make_shared<failing>();
  for (auto& one : {first, second}) {
    on.add(one);
    on.flush_later(one);
  }
  CHECK_THROWS(on.io().run_one());
  CHECK(first->asked == 1);
  CHECK(second->asked == 1);
  // Ticks go on after one in which something has failed.
  for (int tick = 2; tick < 5; ++tick) {
    CHECK_THROWS(on.io().run_one());
    CHECK(first->asked == tick);
    CHECK(second->asked == tick);
  }
  for (auto& one : {first, second})
    on.remove(one.get());
}

TEST_CASE("no two requests get the same name") {
  constexpr size_t many = 10'000;
  std::set<std::string> names;
  for (size_t i = 0; i < many; ++i)
    names.insert(request_id_of(""));
  CHECK(names.size() == many);
}

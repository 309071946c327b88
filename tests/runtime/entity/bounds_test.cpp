#include "tests/runtime/entity/hosted.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

/// Has *bad* decided in the middle of others; only it may fail.
void check_alone(hosted& it, const counter_command& bad, ec expected) {
  REQUIRE(it.order(add{1}));
  it.engine->hold = true;
  it.tell(add{1});
  it.run();
  auto before = it.tell(add{10});
  auto guilty = it.tell(bad);
  auto after = it.tell(add{100});
  it.run();
  it.engine->hold = false;
  it.engine->release();
  it.run();
  CHECK(code(before) == ec::none);
  CHECK(code(guilty) == expected);
  CHECK(code(after) == ec::none);
  CHECK(it.state()->total == 112);
  CHECK(it.replayed() == *it.state());
}

} // namespace

TEST_CASE_METHOD(hosted, "an event over the bound refuses its command alone") {
  // The first event of that command fits: nothing of it may remain.
  check_alone(*this, note{std::string(store::max_event_bytes, 'x')},
              ec::limit_exceeded);
  CHECK(order(note{std::string(store::max_event_bytes / 2, 'x')}));
}

TEST_CASE_METHOD(hosted, "a blob over the bound refuses its command alone") {
  check_alone(*this, attach{store::max_blob_bytes + 1}, ec::limit_exceeded);
  CHECK(order(attach{1'000}));
}

TEST_CASE_METHOD(hosted, "a row over the bound refuses its command alone") {
  check_alone(*this, widen_row{store::max_row_bytes + 1}, ec::limit_exceeded);
  CHECK(order(widen_row{store::max_row_bytes}));
}

TEST_CASE_METHOD(hosted, "a row over the bound refuses a lonely command") {
  REQUIRE(order(add{1}));
  CHECK(code(order(widen_row{store::max_row_bytes + 1})) == ec::limit_exceeded);
  CHECK(code(order(add{1})) == ec::none);
  CHECK(state()->total == 2);
  CHECK(state()->row_size == 0);
}

TEST_CASE_METHOD(hosted, "large commands are spread over appends") {
  engine->hold = true;
  tell(add{1});
  run();
  std::vector<answer> asked;
  for (int i = 0; i < 5; ++i)
    asked.push_back(tell(attach{store::max_blob_bytes}));
  run();
  engine->hold = false;
  engine->release();
  run();
  for (auto& x : asked)
    CHECK(code(x) == ec::none);
  CHECK(engine->appends == 6);
}

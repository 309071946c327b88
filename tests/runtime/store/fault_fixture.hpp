#pragma once

#include "tests/runtime/store/faults.hpp"
#include "tests/runtime/store/fixture.hpp"

namespace machine::test {

/// A store with one event, whose disk fails when a test says so.
struct fault_fixture : lmdb_fixture {
  engine_ptr engine = open();

  fault_fixture() {
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1"})));
  }

  ~fault_fixture() {
    armed = fault::none;
  }

  void arm(fault x, int times = 1) {
    faults_left = times;
    armed = x;
  }

  ec append_with(fault x, int times = 1) {
    arm(x, times);
    // Enough for pages that are written together and one that is not.
    auto result =
      append(*engine, batch_of(stream_a, 1, texts(50, std::string(500, 'x'))));
    CHECK(faults_left <= 0);
    armed = fault::none;
    return code(result);
  }

  void check_unharmed() {
    CHECK(payloads(*engine, stream_a) == texts{"1"});
    REQUIRE(append(*engine, batch_of(stream_a, 1, {"2"})));
    CHECK(payloads(*engine, stream_a) == texts{"1", "2"});
    engine = nullptr;
    engine = open();
    CHECK(payloads(*engine, stream_a) == texts{"1", "2"});
    CHECK(engine->verify()->corruptions.empty());
  }
};

} // namespace machine::test

#include "tests/runtime/store/conformance.hpp"
#include "tests/runtime/store/fixture.hpp"

using namespace machine;

TEST_CASE("LMDB does what every engine must do") {
  test::temporary_directory dir;
  test::temporary_directory copies;
  test::store_under_test it;
  it.open = [&] { return test::open_store(dir.path()); };
  it.open_backup = [&](store::engine& engine) {
    REQUIRE(engine.backup(copies / "copy"));
    return test::open_store(copies / "copy");
  };
  for (auto& part : test::conformance)
    DYNAMIC_SECTION(part.name) {
      part.check(it);
    }
}

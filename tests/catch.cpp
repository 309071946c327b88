#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/catch.hpp"

namespace machine::test {

int run_tests(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}

} // namespace machine::test

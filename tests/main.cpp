#include "tests/catch.hpp"

int main(int argc, char** argv) {
  return machine::test::run_tests(argc, argv);
}

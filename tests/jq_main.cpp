#include "actors/orchestrator/workflow/jq.hpp"
#include "tests/catch.hpp"

int main(int argc, char** argv) {
  if (auto code = machine::orchestrator::serve_jq_if_asked(argc, argv))
    return *code;
  return machine::test::run_tests(argc, argv);
}

#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "actors/orchestrator/workflow/jq.hpp"

int main(int argc, char** argv) {
  if (auto code = machine::orchestrator::serve_jq_if_asked(argc, argv))
    return *code;
  return Catch::Session().run(argc, argv);
}

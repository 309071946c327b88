// Text that may be a workflow. What loads has a normal form, which reads as the
// same; what does not has at most twenty problems, each with its place.

#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

using namespace machine;
using namespace machine::orchestrator;
using fuzz::require;

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  // Expressions are evaluated by a process of the same program.
  if (auto code = serve_jq_if_asked(*argc, *argv))
    std::exit(*code);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::input{data, size}.text();
  auto read = load_workflow(text, "workflow.yaml");
  if (!read) {
    auto problems = message_of(read.error());
    require(problems.starts_with("workflow.yaml"));
    require(std::count(problems.begin(), problems.end(), '\n') <= 21);
    return 0;
  }
  auto normal = normal_form(*read);
  require(wire::is_json(normal));
  auto again = wire::from_json<workflow>(normal);
  require(again && normal_form(*again) == normal);
  require(workflow_hash(*again) == workflow_hash(*read));
  return 0;
}

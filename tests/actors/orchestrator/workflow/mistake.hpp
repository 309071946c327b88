#pragma once

#include "actors/orchestrator/workflow/load.hpp"

#include <string>

namespace machine::test {

/// What is wrong with the workflow *text*; `none` if nothing is.
inline std::string mistake(std::string_view text,
                           const orchestrator::load_context& context = {},
                           const std::string& file = "w.yaml") {
  auto x = orchestrator::load_workflow(text, file, context);
  return x ? "none" : message_of(x.error());
}

/// The same of the steps *text*, which begin in line 4 and see the inputs
/// `what`, `tries` and `files`, and the variables `n` and `notes`.
inline std::string wrong_steps(const std::string& text) {
  return mistake(
    "name: w\n"
    "inputs: {what: {type: string}, tries: {type: integer, default: 1}, "
    "files: {type: array, items: {type: object, properties: {path: {type: "
    "string}}, additionalProperties: false}}}\n"
    "vars: {n: 0, notes: []}\nsteps:\n"
    + text);
}

} // namespace machine::test

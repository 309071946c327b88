#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"

#include <string>

/// Workflows as pictures. Steps are nodes, their kinds are shapes, and blocks
/// are boxes, which edges lead into from the step that they belong to: dashed
/// to what handles its failure, dotted to what undoes it.
namespace machine::orchestrator {

/// A flowchart in the language of Mermaid.
std::string to_mermaid(const workflow& what);

/// A directed graph in the language of Graphviz.
std::string to_dot(const workflow& what);

} // namespace machine::orchestrator

#pragma once

#include "actors/orchestrator/workflow/schema_part.hpp"
#include "actors/orchestrator/workflow/step_graph.hpp"

#include <map>

namespace machine::orchestrator {

/// What is known, before a workflow runs, of the values that its expressions
/// see. It refers to its workflow and graph.
class known_values {
public:
  known_values(const workflow& what, const step_graph& graph);

  /// What is certainly wrong with *path*; none if nothing is.
  /// @param each The `foreach` around the expression, or `none`.
  std::optional<std::string> find_fault(const std::vector<path_part>& path,
                                        size_t each);

  /// What is known of the value that *path* leads to.
  schema_part follow(const std::vector<path_part>& path, size_t each);

  /// The model step whose answer *path* looks at, if that is mere text; `none`
  /// if there is none.
  size_t untyped_answer(const std::vector<path_part>& path);

  /// The names of the inputs.
  const std::vector<std::string>& inputs() const {
    return inputs_;
  }

private:
  using path = std::span<const path_part>;

  /// A value of which a schema is known, and the rest of the path into it.
  struct located {
    schema_part schema;
    path rest;
    /// The step that it is the output of; `none` if it is something else.
    size_t step = step_graph::none;
  };

  located locate(path whole, size_t each);
  located locate_in_step(size_t i, path rest);
  located locate_in_output(size_t i, path rest);
  const schema_part& item_of(size_t each);

  const workflow& what_;
  const step_graph& graph_;
  schema_part input_schema_;
  std::vector<std::string> inputs_;
  std::map<size_t, schema_part> outputs_;
  std::map<size_t, schema_part> items_;
};

} // namespace machine::orchestrator

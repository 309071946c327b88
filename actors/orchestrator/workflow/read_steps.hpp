#pragma once

#include "actors/orchestrator/workflow/source.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"

namespace machine::orchestrator {

/// Where steps that are read go, and what is wrong with them.
struct reading {
  workflow& out;
  source_map& places;
  problems& found;
};

/// The block that steps belong to.
struct block_place {
  std::optional<std::string> parent;
  std::optional<std::string> name;
  /// How many blocks it is in, with itself.
  size_t depth = 0;
  /// Whether it is in a block `undo`, however deep.
  bool undoes = false;
};

/// Reads the list *from* and all blocks in it, in the order of the file; the
/// ids of those that are in the list itself.
std::vector<std::string> read_steps(const reading& in, const source_node& from,
                                    const block_place& at);

/// 1 to 64 of `a-z 0-9 _ -`, first a letter.
bool is_name(std::string_view x);

} // namespace machine::orchestrator

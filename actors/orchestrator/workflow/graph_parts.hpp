#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"

#include <string>
#include <vector>

/// What pictures of workflows are made of. Included by the files of `graph.hpp`
/// alone.
namespace machine::orchestrator {

/// What an edge stands for.
enum class edge_kind : uint8_t {
  /// One step needs another one.
  need,
  /// A step does its block.
  block,
  failure,
  undo,
};

/// A picture in some language. Nodes and blocks have numbers; labels are text
/// with lines.
class graph_writer {
public:
  virtual ~graph_writer() = default;
  /// @param kind The place of its kind among those of `step_action`.
  virtual void node(size_t id, size_t kind, const std::string& label) = 0;
  virtual void edge(size_t from, size_t to, edge_kind kind,
                    const std::string& label) = 0;
  virtual void begin_block(size_t id, edge_kind kind,
                           const std::string& label) = 0;
  virtual void end_block() = 0;
};

/// Draws *what*: all nodes and blocks, then all edges.
void draw(const workflow& what, graph_writer& to);

/// *label* with every character that *escapes* has something for replaced.
std::string
escape(const std::string& label,
       const std::vector<std::pair<char, std::string_view>>& escapes);

} // namespace machine::orchestrator

#include "actors/orchestrator/workflow/graph.hpp"
#include "actors/orchestrator/workflow/graph_parts.hpp"

#include <array>

namespace machine::orchestrator {

namespace {

/// By kind of step.
constexpr std::array<std::string_view, std::variant_size_v<step_action>> shapes{
  "box, style=rounded", // agent
  "ellipse",            // model
  "component",          // tool
  "box",                // command
  "hexagon",            // approve
  "circle",             // wait
  "box3d",              // call
  "trapezium",          // foreach
  "invtrapezium",       // repeat
  "diamond",            // route
  "cylinder",           // set
  "doubleoctagon",      // fail
};

/// How lines of each kind are drawn.
constexpr std::array<std::string_view, 4> styles{"solid", "solid", "dashed",
                                                 "dotted"};

std::string quote(const std::string& label) {
  static const std::vector<std::pair<char, std::string_view>> escapes{
    {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'&', "&amp;"}};
  return '"' + escape(label, escapes) + '"';
}

class dot_writer final : public graph_writer {
public:
  explicit dot_writer(const std::string& name)
      : text_("digraph " + quote(name) + " {\n") {}

  void node(size_t id, size_t kind, const std::string& label) override {
    line() += "s" + std::to_string(id) + " [label=" + quote(label)
            + ", shape=" + std::string{shapes[kind]} + "];\n";
  }

  void edge(size_t from, size_t to, edge_kind kind,
            const std::string& label) override {
    line() += "s" + std::to_string(from) + " -> s" + std::to_string(to);
    if (!label.empty() || kind != edge_kind::need)
      text_ += " [label=" + quote(label) + ", style="
             + std::string{styles[static_cast<size_t>(kind)]} + "]";
    text_ += ";\n";
  }

  void begin_block(size_t id, edge_kind kind,
                   const std::string& label) override {
    line() += "subgraph cluster_" + std::to_string(id) + " {\n";
    ++depth_;
    line() += "label=" + quote(label) + ";\n";
    line() += "style=" + std::string{styles[static_cast<size_t>(kind)]} + ";\n";
  }

  void end_block() override {
    --depth_;
    line() += "}\n";
  }

  std::string take() {
    return text_ + "}\n";
  }

private:
  std::string& line() {
    return text_.append(2 * depth_, ' ');
  }

  std::string text_;
  size_t depth_ = 1;
};

} // namespace

std::string to_dot(const workflow& what) {
  dot_writer writer{what.name};
  draw(what, writer);
  return writer.take();
}

} // namespace machine::orchestrator

#include "actors/orchestrator/workflow/graph.hpp"
#include "actors/orchestrator/workflow/graph_parts.hpp"

#include <array>

namespace machine::orchestrator {

namespace {

/// What stands around a label, by kind of step.
constexpr std::array<std::pair<std::string_view, std::string_view>,
                     std::variant_size_v<step_action>>
  brackets{{
    {"([", "])"},   // agent
    {"(", ")"},     // model
    {"[/", "/]"},   // tool
    {"[", "]"},     // command
    {"{{", "}}"},   // approve
    {"((", "))"},   // wait
    {"[[", "]]"},   // call
    {"[/", "\\]"},  // foreach
    {"[\\", "/]"},  // repeat
    {"{", "}"},     // route
    {"[(", ")]"},   // set
    {"(((", ")))"}, // fail
  }};

/// Mermaid's own entities begin with `#`; what else HTML or Markdown would
/// take for its own is written as such.
std::string mermaid_text(const std::string& label) {
  static const std::vector<std::pair<char, std::string_view>> escapes{
    {'"', "#quot;"}, {'#', "#35;"},  {'&', "#amp;"}, {'<', "#lt;"},
    {'>', "#gt;"},   {'\\', "#92;"}, {'`', "#96;"},  {'*', "#42;"},
    {'_', "#95;"},   {'\n', "<br/>"}};
  return '"' + escape(label, escapes) + '"';
}

class mermaid_writer final : public graph_writer {
public:
  void node(size_t id, size_t kind, const std::string& label) override {
    auto& [open, close] = brackets[kind];
    line() += "s" + std::to_string(id) + std::string{open} + mermaid_text(label)
            + std::string{close} + "\n";
  }

  void edge(size_t from, size_t to, edge_kind kind,
            const std::string& label) override {
    auto arrow =
      kind == edge_kind::failure || kind == edge_kind::undo ? " -.->" : " -->";
    line() += "s" + std::to_string(from) + arrow
            + (label.empty() ? "" : "|" + mermaid_text(label) + "|") + " s"
            + std::to_string(to) + "\n";
    // All broken lines are the same to Mermaid.
    if (kind == edge_kind::failure || kind == edge_kind::undo)
      styles_ += "  linkStyle " + std::to_string(edges_) + " stroke-dasharray:"
               + (kind == edge_kind::failure ? "8 4" : "1 4") + "\n";
    ++edges_;
  }

  void begin_block(size_t id, edge_kind, const std::string& label) override {
    line() +=
      "subgraph b" + std::to_string(id) + "[" + mermaid_text(label) + "]\n";
    ++depth_;
  }

  void end_block() override {
    --depth_;
    line() += "end\n";
  }

  std::string take() {
    return "flowchart TD\n" + text_ + styles_;
  }

private:
  std::string& line() {
    return text_.append(2 * depth_, ' ');
  }

  std::string text_;
  std::string styles_;
  size_t edges_ = 0;
  size_t depth_ = 1;
};

} // namespace

std::string to_mermaid(const workflow& what) {
  mermaid_writer writer;
  draw(what, writer);
  return writer.take();
}

} // namespace machine::orchestrator

#include "actors/orchestrator/workflow/problems.hpp"

namespace machine::orchestrator {

void problems::add(place where, const std::string& what) {
  lines_.emplace(std::pair{where.line, where.column}, what);
}

caf::error problems::to_error() const {
  std::string text;
  size_t shown = 0;
  for (auto& [where, what] : lines_) {
    if (shown++ == most_shown) {
      text +=
        "\n... and " + std::to_string(lines_.size() - most_shown) + " more";
      break;
    }
    if (!text.empty())
      text += '\n';
    text += file_;
    if (where.first > 0)
      text +=
        ":" + std::to_string(where.first) + ":" + std::to_string(where.second);
    text += ": " + what;
  }
  return make_error(ec::invalid_argument, text);
}

} // namespace machine::orchestrator

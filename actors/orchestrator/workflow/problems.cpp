#include "actors/orchestrator/workflow/problems.hpp"

namespace machine::orchestrator {

namespace {

/// Of one problem, in bytes: it may quote the file, which has long lines.
constexpr size_t max_line = 1'000;

/// *text* without what is beyond *most* bytes, cut between characters.
std::string shorten(const std::string& text, size_t most) {
  if (text.size() <= most)
    return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80)
    --most;
  return text.substr(0, most) + "...";
}

} // namespace

void problems::add(place where, const std::string& what) {
  lines_.emplace(std::pair{where.line, where.column}, shorten(what, max_line));
}

caf::error problems::to_error() const {
  if (interrupted_)
    return with_context(file_, interrupted_);
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

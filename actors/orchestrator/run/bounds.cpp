#include "actors/orchestrator/run/bounds.hpp"

#include <algorithm>

namespace machine::orchestrator {

caf::error check_size(std::string_view what, size_t size, size_t most) {
  if (size <= most)
    return caf::none;
  return make_error(ec::limit_exceeded,
                    std::string{what} + " has " + std::to_string(size)
                      + " bytes; at most " + std::to_string(most)
                      + " are kept in a run: write it into a file of the "
                        "workspace, or make it shorter");
}

std::string clip(std::string text, size_t most) {
  if (text.size() <= most)
    return text;
  auto note = "... (" + std::to_string(text.size()) + " bytes)";
  auto end = most - std::min(most, note.size());
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  text.resize(end);
  return text + note;
}

} // namespace machine::orchestrator

#include "actors/agents/sandbox/output.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>
#include <utility>

namespace machine::agents {

void output_keeper::add(std::string_view data) {
  size_ += data.size();
  auto half = limit_ / 2;
  if (head_.size() < half) {
    auto part = data.substr(0, half - head_.size());
    head_ += part;
    data.remove_prefix(part.size());
  }
  tail_ += data;
  // Trimmed now and then, not with every piece.
  if (tail_.size() > 2 * half + 4096)
    tail_.erase(0, tail_.size() - half);
}

std::string output_keeper::text() const {
  auto half = limit_ / 2;
  auto tail = std::string_view{tail_};
  if (tail.size() > half)
    tail.remove_prefix(tail.size() - half);
  auto left_out = size_ - head_.size() - tail.size();
  auto result = head_;
  if (left_out > 0)
    result += "\n[... " + std::to_string(left_out) + " bytes left out ...]\n";
  result += tail;
  return wire::to_utf8(result);
}

std::string utf8_splitter::feed(std::string_view data) {
  held_ += data;
  // A sequence that has begun and not ended is at most three bytes long.
  size_t keep = 0;
  for (size_t back = 1; back <= std::min<size_t>(3, held_.size()); ++back) {
    auto c = static_cast<unsigned char>(held_[held_.size() - back]);
    if (c >= 0xC0) {
      size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
      keep = length > back ? back : 0;
      break;
    }
    if (c < 0x80)
      break;
  }
  auto result =
    wire::to_utf8(std::string_view{held_}.substr(0, held_.size() - keep));
  held_.erase(0, held_.size() - keep);
  return result;
}

std::string utf8_splitter::finish() {
  return wire::to_utf8(std::exchange(held_, {}));
}

} // namespace machine::agents

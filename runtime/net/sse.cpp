#include "runtime/net/sse.hpp"

#include <charconv>
#include <utility>

namespace machine::net {

caf::expected<std::vector<sse_event>> sse_parser::feed(std::string_view data) {
  std::vector<sse_event> result;
  for (auto c : data) {
    // CR, LF and CRLF all end a line.
    if (std::exchange(after_cr_, false) && c == '\n')
      continue;
    if (c == '\n' || c == '\r') {
      after_cr_ = c == '\r';
      take_line(result);
      line_.clear();
      continue;
    }
    line_ += c;
    if (line_.size() + next_.data.size() > max_event_bytes)
      return make_error(ec::limit_exceeded,
                        "a server-sent event has more than 16 MiB");
  }
  return result;
}

void sse_parser::take_line(std::vector<sse_event>& out) {
  std::string_view line{line_};
  if (std::exchange(at_begin_, false) && line.starts_with("\xEF\xBB\xBF"))
    line.remove_prefix(3);
  if (line.empty()) {
    if (std::exchange(has_data_, false)) {
      next_.data.pop_back();
      out.push_back(next_);
    }
    next_.data.clear();
    next_.event = "message";
    return;
  }
  auto colon = line.find(':');
  auto name = line.substr(0, colon);
  auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (name == "data") {
    next_.data += value;
    next_.data += '\n';
    has_data_ = true;
  } else if (value.size() > max_name_bytes) {
    return;
  } else if (name == "event") {
    next_.event = value.empty() ? "message" : value;
  } else if (name == "id") {
    if (value.find('\0') == value.npos)
      next_.id = value;
  } else if (name == "retry") {
    int64_t milliseconds = 0;
    auto end = value.data() + value.size();
    auto [stop, code] = std::from_chars(value.data(), end, milliseconds);
    if (code == std::errc{} && stop == end && milliseconds >= 0)
      retry_ = duration{milliseconds};
  }
}

} // namespace machine::net

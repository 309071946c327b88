#include "gateway/http/chunked_stream.hpp"

#include <algorithm>

/// What stands before a stream of bytes.
namespace machine::gateway {

namespace beast = boost::beast;

namespace {

/// Headers that say how a body is framed, and what becomes of the connection.
constexpr std::array<std::string_view, 7> framing_headers{
  "Connection", "Content-Length",    "Keep-Alive", "TE",
  "Trailer",    "Transfer-Encoding", "Upgrade"};

/// RFC 9110, section 5.6.2.
bool is_name(std::string_view x) {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !x.empty() && std::all_of(x.begin(), x.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
}

bool is_value(std::string_view x) {
  return std::none_of(x.begin(), x.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool is_among(std::string_view name,
              const std::vector<std::pair<std::string, std::string>>& in) {
  return std::any_of(in.begin(), in.end(),
                     [name](auto& x) { return beast::iequals(x.first, name); });
}

} // namespace

caf::error check_raw_head(const http_answer& head) {
  auto wrong = [](const std::string& what) {
    return make_error(ec::internal, "the answer cannot be sent: " + what);
  };
  if (head.status < 200 || head.status > 599)
    return wrong("its status is " + std::to_string(head.status)
                 + "; it must be 200 to 599");
  if (!is_value(head.type))
    return wrong("its type has a control character");
  for (auto& [name, value] : head.headers) {
    if (!is_name(name))
      return wrong("a header has a name that HTTP does not allow");
    if (!is_value(value))
      return wrong("the header " + name + " has a control character");
    auto is_it = [&name = name](std::string_view x) {
      return beast::iequals(x, name);
    };
    if (std::any_of(framing_headers.begin(), framing_headers.end(), is_it))
      return wrong("the header " + name + " is for the server to write");
  }
  return caf::none;
}

std::string chunked_stream::head_text() const {
  std::string head;
  head.reserve(512);
  auto say = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  head = on_->version() == 11 ? "HTTP/1.1 " : "HTTP/1.0 ";
  head.append(std::to_string(head_.status)).append(" ");
  auto reason = beast::http::obsolete_reason(
    static_cast<beast::http::status>(head_.status));
  head.append(reason.data(), reason.size()).append("\r\n");
  on_->say_common_headers([&](std::string_view name, std::string_view value) {
    if (!is_among(name, head_.headers))
      say(name, value);
  });
  if (!head_.type.empty())
    say("Content-Type", head_.type);
  for (auto& [name, value] : head_.headers)
    if (head_.type.empty() || !beast::iequals(name, "Content-Type"))
      say(name, value);
  if (in_chunks_ && head_.status != 204 && head_.status != 304)
    say("Transfer-Encoding", "chunked");
  if (!keeps_)
    say("Connection", "close");
  return head + "\r\n";
}

} // namespace machine::gateway

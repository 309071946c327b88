#include "gateway/http/head.hpp"

#include <algorithm>
#include <functional>

namespace machine::gateway {

namespace {

using boost::beast::http::field;

caf::error wrong_length(std::string what) {
  return make_error(ec::invalid_argument, std::move(what));
}

bool is_number(std::string_view x) {
  return !x.empty() && std::all_of(x.begin(), x.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

} // namespace

bool is_folded(std::string_view name, std::string_view value) {
  if (value.empty())
    return false;
  auto* end = name.data() + name.size();
  const std::less<const char*> is_before;
  // A header stands in one piece. What Beast has put together of several lines
  // stands elsewhere.
  if (is_before(value.data(), end) || is_before(end + max_unread, value.data()))
    return true;
  auto between = static_cast<size_t>(value.data() - end);
  return std::string_view{end, between}.find('\n') != std::string_view::npos;
}

request_target split_target(std::string_view text) {
  for (std::string_view scheme : {"http://", "https://"})
    if (boost::beast::iequals(text.substr(0, scheme.size()), scheme)) {
      text.remove_prefix(scheme.size());
      auto end = std::min(text.find_first_of("/?"), text.size());
      auto path = text.substr(end);
      return {text.substr(0, end), path.empty() ? "/" : path};
    }
  return {std::nullopt, text};
}

caf::error check_length(const boost::beast::http::request_header<>& head) {
  auto lengths = head.count(field::content_length);
  if (lengths > 1 || (lengths == 1 && !is_number(head[field::content_length])))
    return wrong_length("the request has more than one Content-Length");
  auto codings = head.count(field::transfer_encoding);
  if (codings == 0)
    return caf::none;
  if (head.version() != 11)
    return wrong_length(
      "the request has Transfer-Encoding, which HTTP/1.0 does not "
      "know; use Content-Length");
  if (codings > 1
      || !boost::beast::iequals(head[field::transfer_encoding], "chunked"))
    return wrong_length(
      "Transfer-Encoding can be chunked, once, and nothing else");
  return caf::none;
}

} // namespace machine::gateway

#pragma once

#include "runtime/error.hpp"

#include <boost/beast/http.hpp>

#include <optional>
#include <string_view>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// Bound on the header of a request, in bytes.
constexpr uint32_t max_header = 16u << 10;

/// Bound on what is kept of a client's bytes before they are understood; so,
/// too, on what surrounds the chunks of a body: sizes, extensions, trailers.
constexpr size_t max_unread = 64u << 10;

/// Whether *value* stands on other lines than *name*, as Beast has found them.
bool is_folded(std::string_view name, std::string_view value);

/// Reads requests as Beast does, but no value of several lines, which others
/// may take for several headers (RFC 9112, section 5.2).
class request_parser final : public boost::beast::http::request_parser<
                               boost::beast::http::string_body> {
private:
  void on_field_impl(boost::beast::http::field name, std::string_view text,
                     std::string_view value,
                     boost::beast::error_code& code) override {
    if (is_folded(text, value))
      code = boost::beast::http::error::bad_obs_fold;
    else
      get().insert(name, text, value);
  }
};

/// What a request asks for, and of whom.
struct request_target {
  /// None: the one that `Host` names.
  std::optional<std::string_view> host;
  std::string_view path;
};

/// *text* as clients send it or as proxies are asked for it, whose host counts
/// instead of `Host` (RFC 9112, section 3.2.2).
request_target split_target(std::string_view text);

/// Fails with `invalid_argument` if others may see another body after *head*,
/// and so take a part of it for another request (RFC 9112, sections 6.1, 6.3
/// and 11.2). That it has both a length and chunks is found by Beast.
caf::error check_length(const boost::beast::http::request_header<>& head);

} // namespace machine::gateway

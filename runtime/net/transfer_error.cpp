#include "runtime/net/transfer.hpp"

namespace machine::net {

namespace {

std::string ms(duration x) {
  return std::to_string(x.count()) + " ms";
}

} // namespace

std::string host_of(const std::string& url) {
  auto begin = url.find("://");
  if (begin == std::string::npos)
    return url.substr(0, 100);
  auto rest = url.substr(begin + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  return rest.substr(rest.find('@') + 1);
}

caf::error transfer::to_error(CURLcode code) const {
  if (code == CURLE_OK)
    return caf::none;
  auto host = host_of(what_.url);
  switch (aborted_) {
    case abort_reason::size:
      return make_error(ec::limit_exceeded,
                        host + " answered with more than "
                          + std::to_string(what_.max_response_bytes)
                          + " bytes");
    case abort_reason::headers:
      return make_error(ec::limit_exceeded,
                        host + " answered with too many headers");
    case abort_reason::address:
      return make_error(ec::denied,
                        host
                          + " has an address that requests may not go to; "
                            "see net.allow_private");
    case abort_reason::idle:
      return make_error(ec::timeout,
                        host + " was silent for " + ms(what_.idle_timeout));
    case abort_reason::again:
      return make_error(ec::io_failed,
                        host
                          + " closed the connection without an answer; what "
                            "was asked may have happened, so it is not asked "
                            "again");
    case abort_reason::held: return held_;
    case abort_reason::none: break;
  }
  auto reason = std::string{curl_easy_strerror(code)};
  // Whatever happened, the request was not sent.
  if (!connected_) {
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
      return make_error(ec::invalid_argument,
                        "the address " + host + " is not valid: " + reason);
    if (code != CURLE_OPERATION_TIMEDOUT)
      return make_error(ec::unavailable,
                        "cannot connect to " + host + ": " + reason);
    auto whole = what_.total_timeout <= what_.connect_timeout
              || std::chrono::steady_clock::now() >= deadline();
    return make_error(ec::unavailable, "no connection to " + host + " within "
                                         + ms(whole ? what_.total_timeout
                                                    : what_.connect_timeout));
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(ec::timeout, host + " did not finish within "
                                       + ms(what_.total_timeout));
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return make_error(ec::io_failed,
                        host + " answered with something that is no HTTP");
    default:
      return make_error(ec::io_failed,
                        "the connection to " + host + " broke: " + reason);
  }
}

} // namespace machine::net

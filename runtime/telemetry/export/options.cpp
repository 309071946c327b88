#include "runtime/telemetry/export/options.hpp"

#include <algorithm>

namespace machine {

namespace {

constexpr duration longest_time{3'600'000};

/// What a collector answers is a few words; more is not kept, in bytes.
constexpr size_t max_answer_bytes = 64u << 10;

} // namespace

caf::error check(const span_exporter_options& x) {
  auto wrong = [](const std::string& problem) {
    return make_error(ec::invalid_argument, "trace exporter: " + problem);
  };
  auto& url = x.endpoint;
  if ((!url.starts_with("http://") && !url.starts_with("https://"))
      || url.size() > 2'048 || std::any_of(url.begin(), url.end(), [](char c) {
           return c <= ' ' || c > '~' || c == '?' || c == '#';
         }))
    return wrong("the endpoint must be http://host:port or https://host:port, "
                 "and may have a path");
  if (x.max_queue < 1 || x.max_queue > 100'000)
    return wrong("the queue must hold 1 to 100,000 spans");
  if (x.max_batch < 1 || x.max_batch > x.max_queue)
    return wrong("a batch must have 1 span or more, and not more than the "
                 "queue holds");
  if (x.max_attempts < 1 || x.max_attempts > 100)
    return wrong("a batch must be tried 1 to 100 times");
  for (auto length : {x.interval, x.timeout, x.wait.first, x.wait.most})
    if (length < duration{1} || length > longest_time)
      return wrong("times must be from a millisecond to an hour");
  return caf::none;
}

net::request export_request(const span_exporter_options& x, std::string body) {
  net::request result;
  result.method = "POST";
  std::string_view base = x.endpoint;
  while (base.ends_with('/'))
    base.remove_suffix(1);
  result.url = std::string{base} + "/v1/traces";
  result.headers = x.headers;
  result.headers.emplace_back("content-type", "application/json");
  result.body = std::move(body);
  result.connect_timeout = x.timeout;
  result.idle_timeout = x.timeout;
  result.total_timeout = x.timeout;
  result.max_response_bytes = max_answer_bytes;
  result.addresses = x.addresses;
  return result;
}

} // namespace machine

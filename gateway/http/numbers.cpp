#include "gateway/http/numbers.hpp"

namespace machine::gateway {

caf::expected<http_numbers> http_numbers::make(metrics& in,
                                               const route_table& of) {
  auto answers = in.counters({"themachine_http_requests_total",
                              "Requests that were answered",
                              {"method", "route", "status"}});
  auto seconds = in.histograms({"themachine_http_request_seconds",
                                "From a request's header to its answer",
                                {"method", "route"}});
  auto connections =
    in.gauges({"themachine_http_connections", "Connections of clients", {}});
  auto streams = in.gauges(
    {"themachine_http_streams", "Clients that follow a stream of events", {}});
  if (!answers)
    return std::move(answers.error());
  if (!seconds)
    return std::move(seconds.error());
  if (!connections)
    return std::move(connections.error());
  if (!streams)
    return std::move(streams.error());
  auto sockets =
    in.gauges({"themachine_http_sockets", "WebSockets of clients", {}});
  auto frames = in.counters({"themachine_http_frames_total",
                             "Frames that were sent to WebSockets",
                             {}});
  auto drops = in.counters({"themachine_http_sockets_dropped_total",
                            "WebSockets that were ended here, by reason",
                            {"reason"}});
  if (!sockets)
    return std::move(sockets.error());
  if (!frames)
    return std::move(frames.error());
  if (!drops)
    return std::move(drops.error());
  auto bytes = in.counters({"themachine_http_streamed_bytes_total",
                            "Bytes that have left in streams of bytes",
                            {"method", "route"}});
  auto breaks = in.counters({"themachine_http_streams_broken_total",
                             "Streams of bytes that ended too early, by reason",
                             {"reason"}});
  if (!bytes)
    return std::move(bytes.error());
  if (!breaks)
    return std::move(breaks.error());
  auto make = [&](std::string_view method, std::string_view pattern) {
    series result;
    for (size_t digit = 1; digit < result.answers.size(); ++digit)
      result.answers[digit] =
        answers->with({method, pattern, std::to_string(digit) + "xx"});
    result.seconds = seconds->with({method, pattern});
    return result;
  };
  http_numbers result;
  result.first_ = of.data();
  for (auto& x : of) {
    auto& made = result.routes_.emplace_back(make(x.method, x.pattern));
    if (x.what.lasts() && !x.what.is_socket())
      made.bytes = bytes->with({x.method, x.pattern});
  }
  result.none_ = make("", "none");
  result.connections_ = connections->with();
  result.streams_ = streams->with();
  result.sockets_ = sockets->with();
  result.frames_ = frames->with();
  constexpr std::array<std::string_view, drop_reasons> names{
    "queue", "unread", "silent", "broken", "refused"};
  for (size_t i = 0; i < names.size(); ++i)
    result.drops_[i] = drops->with({names[i]});
  constexpr std::array<std::string_view, break_reasons> ends{
    "gone", "queue", "unread", "refused", "aborted"};
  for (size_t i = 0; i < ends.size(); ++i)
    result.breaks_[i] = breaks->with({ends[i]});
  return result;
}

const http_numbers::series& http_numbers::series_of(const route* what) const {
  auto index =
    what == nullptr ? routes_.size() : static_cast<size_t>(what - first_);
  return index < routes_.size() ? routes_[index] : none_;
}

void http_numbers::streamed(const route* what, uint64_t bytes) const {
  series_of(what).bytes.add(static_cast<double>(bytes));
}

void http_numbers::count(const route* what, int status, double seconds) const {
  auto& to = series_of(what);
  auto digit = static_cast<size_t>(status / 100);
  if (digit < to.answers.size())
    to.answers[digit].add();
  to.seconds.observe(seconds);
}

} // namespace machine::gateway

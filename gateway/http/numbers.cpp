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
  for (auto& x : of)
    result.routes_.push_back(make(x.method, x.pattern));
  result.none_ = make("", "none");
  result.connections_ = connections->with();
  result.streams_ = streams->with();
  result.sockets_ = sockets->with();
  result.frames_ = frames->with();
  constexpr std::array<std::string_view, drop_reasons> names{
    "queue", "unread", "silent", "broken", "refused"};
  for (size_t i = 0; i < names.size(); ++i)
    result.drops_[i] = drops->with({names[i]});
  return result;
}

void http_numbers::count(const route* what, int status, double seconds) const {
  auto index =
    what == nullptr ? routes_.size() : static_cast<size_t>(what - first_);
  auto& to = index < routes_.size() ? routes_[index] : none_;
  auto digit = static_cast<size_t>(status / 100);
  if (digit < to.answers.size())
    to.answers[digit].add();
  to.seconds.observe(seconds);
}

} // namespace machine::gateway

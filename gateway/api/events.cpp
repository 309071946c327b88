#include "gateway/api/events.hpp"

#include "gateway/api/ask.hpp"

namespace machine::gateway {

namespace {

constexpr size_t max_page_bytes = 8u << 20;

void stream_events(const scope& in, const log_view& log, uint64_t after,
                   bool from_latest, const responder_ptr& reply) {
  auto to = reply->stream_events();
  if (!to)
    return;
  if (from_latest) {
    auto number = std::to_string(after);
    to->send(number, "begin", R"({"seq":")" + number + R"("})");
  }
  in.follow(log, after, to);
}

void page_of_events(const scope& in, const log_view& log, uint64_t after,
                    uint64_t last, const http_request& request,
                    const responder_ptr& reply) {
  auto limit = limit_of(request);
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto page = in.read(log, after + 1, *limit, max_page_bytes);
  if (!page) {
    reply->problem(page.error());
    return;
  }
  std::vector<std::string> items;
  for (auto& event : *page)
    items.push_back(log.document(event.seq, event.payload));
  auto more = !page->empty() && page->back().seq < last;
  reply->json(
    200, page_document(items, more ? std::to_string(page->back().seq) : ""));
}

} // namespace

void reply_events(const scope& in, const log_view& log,
                  const http_request& request, const responder_ptr& reply) {
  // Whoever connects again says so in the header, with the old address.
  auto text = request.header_or("last-event-id", "");
  if (text.empty())
    text = request.query_or("after", "0");
  auto from_latest = text == "latest";
  auto after = from_latest ? std::optional<uint64_t>{0} : number_of(text);
  if (!after) {
    reply->problem(make_error(ec::invalid_argument,
                              "after is the number of an event, or latest"));
    return;
  }
  auto last = in.last_seq(log);
  if (!last || (*last == 0 && !log.name.empty())) {
    reply->problem(last ? make_error(ec::not_found, "there is no " + log.name)
                        : last.error());
    return;
  }
  if (from_latest)
    after = *last;
  if (*after > *last) {
    auto name = log.name.empty() ? "the topic " + log.stream.id : log.name;
    reply->problem(
      make_error(ec::invalid_argument, "after is " + std::to_string(*after)
                                         + ", but the last event of " + name
                                         + " is " + std::to_string(*last)));
    return;
  }
  if (request.header_or("accept", "").find("text/event-stream")
      != std::string::npos)
    stream_events(in, log, *after, from_latest, reply);
  else
    page_of_events(in, log, *after, *last, request, reply);
}

} // namespace machine::gateway

#include "gateway/api/log_view.hpp"

#include "gateway/api/run_view.hpp"
#include "runtime/entity/news.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <array>

namespace machine::gateway {

namespace {

constexpr std::array<std::string_view, 4> topics{"costs", "interrupts", "runs",
                                                 "tasks"};

std::string news_document(uint64_t seq, bytes_view payload) {
  auto head = R"({"seq":")" + std::to_string(seq) + R"(",)";
  auto what = wire::from_msgpack<entity::news>(payload);
  return what ? head + wire::to_json(*what).substr(1)
              : head + R"("type":"unreadable"})";
}

} // namespace

log_view view_of_run(store::stream_id stream) {
  auto name = "run " + stream.id;
  return {std::move(stream), std::move(name), event_document, is_last_event};
}

log_view view_of_topic(store::stream_id stream) {
  return {
    std::move(stream), {}, news_document, [](bytes_view) { return false; }};
}

bool is_topic(std::string_view name) {
  return std::find(topics.begin(), topics.end(), name) != topics.end();
}

} // namespace machine::gateway

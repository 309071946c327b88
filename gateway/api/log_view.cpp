#include "gateway/api/log_view.hpp"

#include "actors/audit/audit_trail.hpp"
#include "actors/orchestrator/run/events.hpp"
#include "gateway/api/run_view.hpp"
#include "runtime/entity/news.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <array>

namespace machine::gateway {

namespace {

constexpr std::array<std::string_view, 5> with_news{
  "costs", "interrupts", nodes_topic, "runs", "tasks"};

std::string news_document(uint64_t seq, bytes_view payload) {
  auto head = R"({"seq":")" + std::to_string(seq) + R"(",)";
  auto what = wire::from_msgpack<entity::news>(payload);
  return what ? head + wire::to_json(*what).substr(1)
              : head + R"("type":"unreadable"})";
}

/// A page of what *item* says.
std::string page_schema(const std::string& item) {
  return R"({"type":"object","properties":{"items":{"type":"array","items":)"
       + item
       + R"(},"next_cursor":{"type":"string"}},)"
         R"("required":["items","next_cursor"]})";
}

/// *what* with the number that it has in a log, and *more*.
std::string numbered_schema(const std::string& what, const std::string& more) {
  return R"({"allOf":[)" + what + R"(,{"type":"object","properties":{"seq":)"
       + wire::unsigned_schema(64) + more + R"(},"required":["seq"]}]})";
}

/// An event that a later program has written shows its number alone.
std::string run_events_schema(wire::json_schema_set& set) {
  auto event = numbered_schema(set.add<orchestrator::run_event>(),
                               R"(,"at":)" + set.add<timestamp>());
  auto unreadable =
    numbered_schema(R"({"properties":{"type":{"const":"unreadable"}}})", "");
  return page_schema(R"({"anyOf":[)" + event + "," + unreadable + "]}");
}

std::string news_schema(wire::json_schema_set& set) {
  auto unreadable =
    numbered_schema(R"({"properties":{"type":{"const":"unreadable"}}})", "");
  return page_schema(R"({"anyOf":[)"
                     + numbered_schema(set.add<entity::news>(), "") + ","
                     + unreadable + "]}");
}

std::string entry_document(uint64_t seq, bytes_view payload) {
  auto entry = audit::entry_of(seq, payload);
  if (!entry)
    return R"({"seq":")" + std::to_string(seq) + R"(","type":"unreadable"})";
  return wire::to_json(*entry);
}

std::string entries_schema(wire::json_schema_set& set) {
  auto unreadable =
    numbered_schema(R"({"properties":{"type":{"const":"unreadable"}}})", "");
  return page_schema(R"({"anyOf":[)" + set.add<audit::audit_entry>() + ","
                     + unreadable + "]}");
}

} // namespace

contract run_log_contract() {
  return contract::gives_json(run_events_schema).or_stream();
}

contract topic_contract() {
  return contract::gives_json(news_schema).or_stream();
}

log_view view_of_run(store::stream_id stream) {
  auto name = "run " + stream.id;
  return {std::move(stream), std::move(name), event_document, is_last_event};
}

log_view view_of_topic(store::stream_id stream) {
  return {
    std::move(stream), {}, news_document, [](bytes_view) { return false; }};
}

contract audit_log_contract() {
  return contract::gives_json(entries_schema).or_stream();
}

log_view view_of_audit(store::stream_id stream) {
  return {
    std::move(stream), {}, entry_document, [](bytes_view) { return false; }};
}

std::vector<std::string> topics() {
  std::vector<std::string> result{std::string{audit_topic}};
  result.insert(result.end(), with_news.begin(), with_news.end());
  return result;
}

bool is_topic(std::string_view name) {
  return std::find(with_news.begin(), with_news.end(), name) != with_news.end();
}

std::string topic_of(const log_view& log) {
  auto& stream = log.stream;
  if (stream.kind == audit::audit_log::kind)
    return std::string{audit_topic};
  return stream.kind == "topic" ? stream.id : stream.kind + "/" + stream.id;
}

caf::error no_topic(const std::string& name) {
  return make_error(ec::not_found,
                    "there is no topic " + wire::excerpt(name)
                      + "; there are audit, costs, interrupts, nodes, runs "
                        "and tasks");
}

std::string live_document(const entity::live_piece& piece) {
  return R"({"type":)" + wire::to_json(piece.kind) + R"(,"activation":)"
       + wire::to_json(piece.subject) + R"(,"text":)"
       + wire::to_json(piece.text) + "}";
}

} // namespace machine::gateway

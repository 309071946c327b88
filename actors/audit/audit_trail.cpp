#include "actors/audit/audit_trail.hpp"

#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <charconv>

namespace machine::audit {

namespace {

using security::chain_fault;
using security::chain_head;
using security::chain_link;

constexpr size_t page_events = 1'000;
constexpr size_t page_bytes = 4u << 20;
constexpr size_t max_looked_at = 20'000;

using stored_audited = entity::recorded<audit_event>;

/// What stands in an event; nothing that fits any chain if it does not read.
chain_link link_of(const store::stored_event& x) {
  auto event = wire::from_msgpack<stored_audited>(x.payload);
  if (!event)
    return {x.seq, {}, {}};
  auto& what = std::get<audited>(event->event);
  return {x.seq, std::move(what.record), what.hash};
}

/// Gives the links of a log, page by page.
class reader {
public:
  reader(const trail& in, std::optional<audit_summary> row,
         std::stop_token stop)
      : in_(in), row_(std::move(row)), stop_(std::move(stop)) {}

  caf::expected<std::optional<chain_link>> next() {
    if (at_ == page_.size())
      if (auto err = read_page())
        return err;
    if (at_ == page_.size())
      return std::optional<chain_link>{};
    auto link = link_of(page_[at_++]);
    if (row_ && link.seq == row_->count
        && security::to_hex(link.hash) != row_->last_hash)
      row_differs_ = true;
    last_ = link.seq;
    return std::optional{std::move(link)};
  }

  /// The record at which the store's own checks fail; none: none.
  std::optional<uint64_t> damaged() const {
    return damaged_;
  }

  bool row_differs() const {
    return row_differs_;
  }

private:
  caf::error read_page() {
    if (stop_.stop_requested())
      return make_error(ec::cancelled, "the verification was stopped");
    auto from = last_ + 1;
    auto page = in_.read(from, page_events);
    // One that is damaged must not hide those before it.
    if (!page && code_of(page.error()) == ec::corrupt) {
      page = in_.read(from, 1);
      if (!page && code_of(page.error()) == ec::corrupt)
        damaged_ = from;
    }
    if (!page)
      return std::move(page.error());
    page_ = std::move(*page);
    at_ = 0;
    return caf::none;
  }

  const trail& in_;
  std::optional<audit_summary> row_;
  std::stop_token stop_;
  std::vector<store::stored_event> page_;
  size_t at_ = 0;
  uint64_t last_ = 0;
  std::optional<uint64_t> damaged_;
  bool row_differs_ = false;
};

audit_break make_break(uint64_t seq, chain_fault why) {
  auto name = "record " + std::to_string(seq);
  switch (why) {
    case chain_fault::changed:
      return {seq, "changed", name + " is not as it was written"};
    case chain_fault::missing:
      return {seq, "missing", "from " + name + " on records are missing"};
    case chain_fault::reordered:
      return {seq, "reordered",
              "in the place of " + name + " stands another record of the log"};
    case chain_fault::rewritten: break;
  }
  return {seq, "rewritten",
          "up to " + name
            + " the log fits together, but it is not the one whose head is "
              "known"};
}

} // namespace

trail trail_of(store::engine& engine, const std::string& tenant) {
  store::stream_id stream{audit_log::kind, tenant, audit_id};
  return {[&engine, stream](uint64_t from, size_t count) {
            return engine.read(stream, from, count, page_bytes);
          },
          [&engine, stream] { return engine.last_seq(stream); },
          [&engine, stream]() -> caf::expected<std::optional<audit_summary>> {
            auto row = engine.read_summary(stream);
            if (!row && code_of(row.error()) == ec::not_found)
              return std::optional<audit_summary>{};
            if (!row)
              return std::move(row.error());
            auto body = wire::from_msgpack<audit_summary>(row->summary.body);
            if (!body)
              return std::move(body.error());
            return std::optional{std::move(*body)};
          }};
}

caf::expected<audit_entry> entry_of(uint64_t seq, bytes_view payload) {
  auto event = wire::from_msgpack<stored_audited>(payload);
  if (!event)
    return make_error(ec::corrupt, "an event of an audit log does not read: "
                                     + message_of(event.error()));
  auto& what = std::get<audited>(event->event);
  auto record = record_of(what);
  if (!record)
    return std::move(record.error());
  audit_entry result;
  static_cast<security::audit_record&>(result) = std::move(*record);
  result.seq = seq;
  result.hash = security::to_hex(what.hash);
  return result;
}

bool audit_filter::accepts(const security::audit_record& x) const {
  return (!who || x.who == *who || x.key_id == who)
      && (!what || x.action.find(*what) != std::string::npos)
      && (!since || x.at >= *since) && (!until || x.at < *until);
}

caf::expected<audit_page> list_entries(const trail& in,
                                       const audit_filter& wanted,
                                       uint64_t before, size_t limit) {
  auto last = in.last_seq();
  if (!last)
    return std::move(last.error());
  auto end = before == 0 ? *last + 1 : std::min(before, *last + 1);
  audit_page result;
  for (size_t looked = 0; end > 1; looked += page_events) {
    if (looked >= max_looked_at) {
      result.before = end;
      return result;
    }
    auto count = std::min<uint64_t>(end - 1, page_events);
    auto page = in.read(end - count, count);
    if (!page)
      return std::move(page.error());
    // What a page leaves out because of its size is read with the next one.
    if (page->size() < count && !page->empty()) {
      page = in.read(end - 1, 1);
      if (!page)
        return std::move(page.error());
    }
    if (page->empty())
      return result;
    for (auto i = page->rbegin(); i != page->rend(); ++i) {
      if (i->seq >= end)
        continue;
      auto entry = entry_of(i->seq, i->payload);
      end = i->seq;
      // Clocks go back a little now and then.
      if (entry && wanted.since
          && entry->at < *wanted.since - std::chrono::hours{1})
        return result;
      if (!entry || !wanted.accepts(*entry))
        continue;
      result.items.push_back(std::move(*entry));
      if (result.items.size() == limit) {
        result.before = end > 1 ? end : 0;
        return result;
      }
    }
  }
  return result;
}

std::string to_word(const chain_head& x) {
  return std::to_string(x.seq) + ":" + security::to_hex(x.hash);
}

caf::expected<chain_head> head_from_word(std::string_view text) {
  chain_head result;
  auto colon = std::min(text.find(':'), text.size());
  auto end = text.data() + colon;
  auto [stop, code] = std::from_chars(text.data(), end, result.seq);
  auto hash =
    security::digest_from_hex(text.substr(std::min(colon + 1, text.size())));
  if (code != std::errc{} || stop != end || colon == 0 || !hash)
    return make_error(ec::invalid_argument,
                      "a known head is the number of a record, a colon and 64 "
                      "hexadecimal digits, as an earlier verification has "
                      "shown it");
  result.hash = *hash;
  return result;
}

caf::expected<audit_report> verify_trail(const trail& in,
                                         const std::string& tenant,
                                         const std::optional<chain_head>& known,
                                         const std::stop_token& stop) {
  // Before the log, which may grow meanwhile.
  auto row = in.row();
  if (!row)
    return std::move(row.error());
  reader source{in, *row, stop};
  auto next = [&]() -> caf::expected<std::optional<chain_link>> {
    auto link = source.next();
    // What the store finds damaged ends the part that is in order.
    if (!link && source.damaged())
      return std::optional<chain_link>{};
    return link;
  };
  auto report = security::verify_chain(next, known);
  if (!report)
    return std::move(report.error());
  audit_report result;
  result.tenant = tenant;
  result.records = report->good.seq;
  result.head = to_word(report->good);
  if (auto at = source.damaged(); at && *at == report->good.seq + 1)
    result.broken = make_break(*at, chain_fault::changed);
  else if (report->fault)
    result.broken = make_break(report->fault->seq, report->fault->why);
  else if (*row && report->good.seq < (*row)->count)
    result.broken = make_break(report->good.seq + 1, chain_fault::missing);
  else if (source.row_differs())
    result.broken = make_break((*row)->count, chain_fault::rewritten);
  return result;
}

} // namespace machine::audit

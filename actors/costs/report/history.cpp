#include "actors/costs/report/history.hpp"

#include "runtime/wire/wire.hpp"

namespace machine::costs {

namespace {

constexpr size_t events_of_page = 500;

using record = entity::recorded<ledger_event>;

/// Just the time of an event; whatever else it says.
struct record_time {
  timestamp at{};

  static constexpr const char* wire_name = "record_time";

  static constexpr auto fields() {
    return wire::members(wire::field{"at", &record_time::at});
  }
};

caf::expected<std::optional<timestamp>> time_of(const ledger_log& in,
                                                uint64_t seq) {
  auto page = in.read(seq, 1);
  if (!page)
    return std::move(page.error());
  if (page->empty())
    return std::optional<timestamp>{};
  auto read = wire::from_msgpack<record_time>(page->front().payload);
  if (!read)
    return make_error(ec::corrupt, "event " + std::to_string(seq)
                                     + " of the ledger has no time: "
                                     + message_of(read.error()));
  return std::optional{read->at};
}

} // namespace

caf::expected<uint64_t> find_event(const ledger_log& in, timestamp since) {
  auto last = in.last_seq();
  if (!last)
    return std::move(last.error());
  auto early = timestamp::min() + max_clock_skew < since
               ? since - max_clock_skew
               : timestamp::min();
  // All before `low` are earlier, and `high` is not, if it is.
  uint64_t low = 1;
  auto high = *last + 1;
  while (low < high) {
    auto middle = low + (high - low) / 2;
    auto at = time_of(in, middle);
    if (!at)
      return std::move(at.error());
    if (*at && **at < early)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

caf::expected<std::optional<uint64_t>>
read_history(const ledger_log& in, const history_range& what,
             const event_visitor& visit, const std::function<bool()>& patient) {
  auto next = what.from;
  for (size_t left = what.max_events;;) {
    if (left == 0 || (patient && !patient()))
      return std::optional{next};
    auto page = in.read(next, std::min(left, events_of_page));
    if (!page)
      return std::move(page.error());
    if (page->empty())
      return std::optional<uint64_t>{};
    for (auto& stored : *page) {
      next = stored.seq + 1;
      auto read = wire::from_msgpack<record>(stored.payload);
      if (!read)
        continue;
      if (what.until && read->at - max_clock_skew >= *what.until)
        return std::optional<uint64_t>{};
      if (visit(stored.seq, read->at, read->event) == walk::stop)
        return std::optional{next};
    }
    left -= std::min(left, page->size());
  }
}

} // namespace machine::costs

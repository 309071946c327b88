#pragma once

#include "actors/costs/ledger/events.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/store/store.hpp"

#include <functional>
#include <optional>

namespace machine::costs {

/// Where a ledger's log is read. All of it may block.
struct ledger_log {
  /// Events from a number on, at most so many.
  std::function<caf::expected<std::vector<store::stored_event>>(uint64_t,
                                                                size_t)>
    read;
  /// The number of the last event; 0: there is none.
  std::function<caf::expected<uint64_t>()> last_seq;
};

/// By how much times in a log may go back: nodes take turns at an entity, and
/// their clocks differ.
constexpr duration max_clock_skew{600'000};

/// The number of the first event that may be of *since* or later, found by
/// halves: all before it are earlier. One more than the last if there is none.
caf::expected<uint64_t> find_event(const ledger_log& in, timestamp since);

/// What is looked for in a log.
struct history_range {
  /// The first event.
  uint64_t from = 1;
  /// Nothing is looked for that is of this instant or later; none: the end.
  std::optional<timestamp> until{};
  /// No more events than these are read.
  size_t max_events = 200'000;
};

enum class walk : uint8_t { on, stop };

/// Hears of an event, and the time at which it was decided.
using event_visitor =
  std::function<walk(uint64_t seq, timestamp at, const ledger_event& what)>;

/// Reads events in their order, until there are no more, the visitor wants no
/// more, *patient* says that it takes too long or there were too many.
/// @returns The number of the event to go on from; none: there is no more to
/// see. An event that a later program wrote and this one cannot read is passed
/// over.
caf::expected<std::optional<uint64_t>>
read_history(const ledger_log& in, const history_range& what,
             const event_visitor& visit,
             const std::function<bool()>& patient = {});

} // namespace machine::costs
